"""The usual stack of callbacks, and files they write."""
import csv
import os
import numpy as np
from tensorflow import keras
from tensorflow.keras.callbacks import (
    Callback, CSVLogger, EarlyStopping, History, LambdaCallback, LearningRateScheduler, ModelCheckpoint, ProgbarLogger,
    ReduceLROnPlateau, TensorBoard, TerminateOnNaN, CallbackList)

x = np.random.RandomState(0).rand(40, 5)
y = x.sum(axis=1) > 2.5


def build():
    model = keras.models.Sequential([keras.layers.Dense(8, "relu", input_shape=[5]), keras.layers.Dense(1, "sigmoid")])
    model.compile(loss=keras.losses.binary_crossentropy, optimizer=keras.optimizers.Nadam(), metrics=["acc", keras.metrics.Precision(), keras.metrics.Recall()])
    return model


def scheduler(epoch, lr):
    return lr if epoch < 2 else lr * 0.5


def old_scheduler(epoch):
    return 0.01 / (epoch + 1)


class Logger(Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(("begin", epoch))

    def on_train_batch_end(self, batch, logs=None):
        keys = list(logs.keys())
        self.seen.append(("batch", batch, keys[0]))

    def on_test_end(self, logs=None):
        self.seen.append(("test",))

    def on_train_end(self, logs=None):
        self.seen.append(("end", self.params["epochs"], self.params["steps"], self.model.optimizer.lr is not None))


model = build()
logger = Logger()
history = model.fit(
    x, y, validation_split=0.25, epochs=4, batch_size=10, verbose=0,
    callbacks=[
        ModelCheckpoint("model.{epoch:02d}-{val_loss:.2f}.h5"),
        ModelCheckpoint(filepath="best.keras", monitor="val_acc", mode="max", save_best_only=True, verbose=0),
        ModelCheckpoint(filepath="w.weights.h5", save_weights_only=True, save_freq="epoch"),
        EarlyStopping(monitor="val_loss", patience=3, min_delta=1e-4, restore_best_weights=True),
        ReduceLROnPlateau(monitor="val_loss", factor=0.2, patience=1, min_lr=0.00001, cooldown=0),
        LearningRateScheduler(scheduler, verbose=0),
        CSVLogger("training.log", separator=",", append=False),
        TerminateOnNaN(),
        LambdaCallback(on_epoch_begin=lambda epoch, logs: None, on_batch_end=lambda batch, logs: None),
        logger,
    ],
)
assert any(f.startswith("model.01-") for f in os.listdir("."))
assert keras.models.load_model("best.keras").evaluate(x, y, verbose=0)[0] > 0
with open("training.log") as f:
    rows = list(csv.DictReader(f))
assert len(rows) == len(history.epoch) and {"epoch", "loss", "acc", "val_loss"} <= set(rows[0])
assert logger.seen[0] == ("begin", 0) and logger.seen[-1] == ("end", 4, 3, True)
assert "learning_rate" in history.history
model = build()
stop = EarlyStopping(monitor="acc", baseline=2.0, patience=0)
model.fit(x, y, epochs=5, verbose=0, callbacks=[stop, LearningRateScheduler(old_scheduler), TensorBoard(log_dir="logs", histogram_freq=1)])
assert 0 < stop.stopped_epoch == model.history.epoch[-1] < 4
assert os.listdir("logs")
assert abs(keras.backend.get_value(model.optimizer.learning_rate) - old_scheduler(stop.stopped_epoch)) < 1e-6
nan = build()
nan.fit(x, y * np.nan, epochs=3, verbose=0, callbacks=[TerminateOnNaN()])
assert len(nan.history.epoch) == 1
# by hand, in a loop
callbacks = CallbackList([logger], model=model, add_history=True)
callbacks.on_train_begin()
callbacks.on_epoch_begin(0)
callbacks.on_epoch_end(0, {"loss": 1.0})
callbacks.on_train_end()
