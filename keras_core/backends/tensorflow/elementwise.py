"""Native bindings of the elementwise operations."""
import tensorflow as tf
add=tf.add
subtract=tf.subtract
multiply=tf.multiply
sqrt=tf.sqrt
