from .tokenizer import Tokenizer as Tokenizer
from .tokenizer import tokenizer_from_json as tokenizer_from_json
from .words import hashing_trick as hashing_trick
from .words import one_hot as one_hot
from .words import text_to_word_sequence as text_to_word_sequence
