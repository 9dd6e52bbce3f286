from .padding import pad_sequences as pad_sequences
