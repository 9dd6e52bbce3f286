"""Reinforcement learning: actor and critic with TensorArray loops in tf.function, and deep Q-learning with a target network."""
from collections import deque
import random
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

eps = np.finfo(np.float32).eps.item()


class Corridor:
    """Five cells; the reward is at the right end."""

    def reset(self):
        self.at, self.steps = 2, 0
        return self._state()

    def _state(self):
        return np.eye(5, dtype=np.float32)[self.at]

    def step(self, action):
        self.at = min(max(self.at + (1 if action == 1 else -1), 0), 4)
        self.steps += 1
        done = self.at in (0, 4) or self.steps >= 8
        return self._state(), np.array(1.0 if self.at == 4 else 0.0, np.float32), np.array(done)


env = Corridor()


def env_step(action):
    state, reward, done = env.step(action)
    return state.astype(np.float32), np.array(reward, np.int32), np.array(done, np.int32)


def tf_env_step(action):
    return tf.numpy_function(env_step, [action], [tf.float32, tf.int32, tf.int32])


class ActorCritic(keras.Model):
    def __init__(self, num_actions, num_hidden_units):
        super().__init__()
        self.common = layers.Dense(num_hidden_units, activation="relu")
        self.actor = layers.Dense(num_actions)
        self.critic = layers.Dense(1)

    def call(self, inputs):
        x = self.common(inputs)
        return self.actor(x), self.critic(x)


model = ActorCritic(2, 16)


def run_episode(initial_state, model, max_steps):
    action_probs = tf.TensorArray(dtype=tf.float32, size=0, dynamic_size=True)
    values = tf.TensorArray(dtype=tf.float32, size=0, dynamic_size=True)
    rewards = tf.TensorArray(dtype=tf.int32, size=0, dynamic_size=True)
    initial_state_shape = initial_state.shape
    state = initial_state
    for t in tf.range(max_steps):
        state = tf.expand_dims(state, 0)
        action_logits_t, value = model(state)
        action = tf.random.categorical(action_logits_t, 1)[0, 0]
        action_probs_t = tf.nn.softmax(action_logits_t)
        values = values.write(t, tf.squeeze(value))
        action_probs = action_probs.write(t, action_probs_t[0, action])
        state, reward, done = tf_env_step(action)
        state.set_shape(initial_state_shape)
        rewards = rewards.write(t, reward)
        if tf.cast(done, tf.bool):
            break
    return action_probs.stack(), values.stack(), rewards.stack()


def get_expected_return(rewards, gamma):
    n = tf.shape(rewards)[0]
    returns = tf.TensorArray(dtype=tf.float32, size=n)
    rewards = tf.cast(rewards[::-1], dtype=tf.float32)
    discounted_sum = tf.constant(0.0)
    discounted_sum_shape = discounted_sum.shape
    for i in tf.range(n):
        discounted_sum = rewards[i] + gamma * discounted_sum
        discounted_sum.set_shape(discounted_sum_shape)
        returns = returns.write(i, discounted_sum)
    return returns.stack()[::-1]


huber_loss = keras.losses.Huber(reduction="sum")
optimizer = keras.optimizers.Adam(learning_rate=0.02)


@tf.function
def train_step(initial_state, model, optimizer, gamma, max_steps):
    with tf.GradientTape() as tape:
        action_probs, values, rewards = run_episode(initial_state, model, max_steps)
        returns = get_expected_return(rewards, gamma)
        action_probs, values, returns = [tf.expand_dims(x, 1) for x in [action_probs, values, returns]]
        advantage = returns - values
        actor_loss = -tf.math.reduce_sum(tf.math.log(action_probs) * advantage)
        loss = actor_loss + huber_loss(values, returns)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return tf.math.reduce_sum(rewards)


total = 0
for episode in range(40):
    total += int(train_step(tf.constant(env.reset(), dtype=tf.float32), model, optimizer, 0.9, 8))
logits, _ = model(np.eye(5, dtype=np.float32)[2:4])
assert total > 5 and (logits.numpy()[:, 1] > logits.numpy()[:, 0]).all()

# deep Q-learning
def build():
    q = keras.Sequential()
    q.add(layers.Dense(12, input_dim=5, activation="relu"))
    q.add(layers.Dense(2, activation="linear"))
    q.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.01))
    return q


memory = deque(maxlen=200)
random.seed(0)
q, target = build(), build()
target.set_weights(q.get_weights())
assert target.get_weights()[0] is not q.get_weights()[0]
epsilon = 1.0
for e in range(4):
    state = np.reshape(env.reset(), [1, 5])
    done = False
    while not done:
        action = random.randrange(2) if np.random.rand() <= epsilon else np.argmax(q.predict(state, verbose=0)[0])
        next_state, reward, done = env.step(action)
        next_state = np.reshape(next_state, [1, 5])
        memory.append((state, action, reward, next_state, done))
        state = next_state
    for state, action, reward, next_state, done in random.sample(memory, min(3, len(memory))):
        aim = reward
        if not done:
            aim = reward + 0.9 * np.amax(target.predict_on_batch(next_state)[0])
        target_f = q.predict_on_batch(state)
        target_f[0][action] = aim
        q.train_on_batch(state, target_f)
    epsilon *= 0.5
target.set_weights(q.get_weights())


# the loop with one-hot masks and a soft update of the target
@tf.function
def update_target(tau):
    for a, b in zip(target.variables, q.variables):
        a.assign(b * tau + a * (1 - tau))


loss_function = keras.losses.Huber()
adam = keras.optimizers.Adam(learning_rate=0.01, clipnorm=1.0)
states = np.array([m[0][0] for m in memory])
actions = [m[1] for m in memory]
rewards = tf.convert_to_tensor([float(m[2]) for m in memory])
dones = tf.convert_to_tensor([float(m[4]) for m in memory])
for _ in range(5):
    future = target.predict(np.array([m[3][0] for m in memory]), verbose=0)
    updated = rewards + 0.9 * tf.reduce_max(future, axis=1)
    updated = updated * (1 - dones) - dones
    masks = tf.one_hot(actions, 2)
    with tf.GradientTape() as tape:
        q_values = q(states)
        q_action = tf.reduce_sum(tf.multiply(q_values, masks), axis=1)
        loss = loss_function(updated, q_action)
    grads = tape.gradient(loss, q.trainable_variables)
    adam.apply_gradients(zip(grads, q.trainable_variables))
    update_target(0.5)
assert adam.iterations == 5
