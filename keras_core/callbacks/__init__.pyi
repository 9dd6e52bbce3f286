# Types for editors and the table of lazy names at run time.
from .backup_and_restore import BackupAndRestore as BackupAndRestore
from .callback import Callback as Callback
from .callback_list import CallbackList as CallbackList
from .early_stopping import EarlyStopping as EarlyStopping
from .history import History as History
from .learning_rate import LearningRateScheduler as LearningRateScheduler
from .learning_rate import ReduceLROnPlateau as ReduceLROnPlateau
from .loggers import CSVLogger as CSVLogger
from .loggers import LambdaCallback as LambdaCallback
from .loggers import RemoteMonitor as RemoteMonitor
from .model_checkpoint import ModelCheckpoint as ModelCheckpoint
from .orbax_checkpoint import OrbaxCheckpoint as OrbaxCheckpoint
from .progbar_logger import ProgbarLogger as ProgbarLogger
from .swap_ema_weights import SwapEMAWeights as SwapEMAWeights
from .tensorboard import TensorBoard as TensorBoard
from .terminate_on_nan import TerminateOnNaN as TerminateOnNaN
