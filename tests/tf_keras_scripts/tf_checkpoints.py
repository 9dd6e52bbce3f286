"""tf.train.Checkpoint and CheckpointManager of a model, an optimizer and a step; a tf.Module; ModelCheckpoint of weights."""
import numpy as np
import tensorflow as tf
from tensorflow import keras


class Net(keras.Model):
    """A simple linear model."""

    def __init__(self):
        super(Net, self).__init__()
        self.l1 = keras.layers.Dense(5)

    def call(self, x):
        return self.l1(x)


def toy_dataset():
    inputs = tf.range(10.0)[:, None]
    labels = inputs * 5.0 + tf.range(5.0)[None, :]
    return tf.data.Dataset.from_tensor_slices(dict(x=inputs, y=labels)).repeat().batch(2)


def train_step(net, example, optimizer):
    with tf.GradientTape() as tape:
        output = net(example["x"])
        loss = tf.reduce_mean(tf.abs(output - example["y"]))
    variables = net.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    return loss


def train_and_checkpoint(net, opt, dataset, ckpt, manager, iterator):
    restored = manager.latest_checkpoint
    ckpt.restore(restored)
    for _ in range(6):
        example = next(iterator)
        loss = train_step(net, example, opt)
        ckpt.step.assign_add(1)
        if int(ckpt.step) % 3 == 0:
            manager.save()
    return restored, loss.numpy()


def new():
    opt = keras.optimizers.Adam(0.1)
    dataset = toy_dataset()
    iterator = iter(dataset)
    net = Net()
    ckpt = tf.train.Checkpoint(step=tf.Variable(1), optimizer=opt, net=net, iterator=iterator)
    manager = tf.train.CheckpointManager(ckpt, "./tf_ckpts", max_to_keep=3)
    return net, opt, dataset, ckpt, manager, iterator


first = new()
restored, _ = train_and_checkpoint(*first)
assert restored is None
kernel = None
second = new()
restored, _ = train_and_checkpoint(*second)
assert restored and int(second[3].step) == 12, int(second[3].step)
assert int(second[1].iterations) == 11
reader = tf.train.load_checkpoint("./tf_ckpts/")
shapes = reader.get_variable_to_shape_map()
assert any("net" in k for k in shapes)
to_restore = tf.train.Checkpoint(net=second[0])
to_restore.write("one_off")
third = Net()
third(tf.ones((1, 1)))
tf.train.Checkpoint(net=third).read("one_off").assert_existing_objects_matched()
np.testing.assert_array_equal(third.get_weights()[0], second[0].get_weights()[0])
# the model itself as a root; metrics and losses as attributes
model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
model.compile("sgd", "mse")
model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
root = tf.train.Checkpoint(model=model, optimizer=model.optimizer, metric=keras.metrics.Mean())
path = root.save("root/ck")
values = model.get_weights()
model.set_weights([v * 0 for v in values])
status = root.restore(path)
status.assert_consumed()
np.testing.assert_array_equal(model.get_weights()[0], values[0])


class Holder(tf.Module):
    def __init__(self):
        super().__init__()
        self.net = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
        self.scale = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def __call__(self, x):
        return self.net(x) * self.scale


holder = Holder()
assert len(holder.trainable_variables) == 3
tf.saved_model.save(holder, "holder")
loaded = tf.saved_model.load("holder")
np.testing.assert_allclose(loaded(tf.ones((2, 3))), holder(tf.ones((2, 3))))
