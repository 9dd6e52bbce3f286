from .cloning import clone_model as clone_model
from .files import load_model as load_model
from .files import model_from_json as model_from_json
from .files import save_model as save_model
from .functional import Functional as Functional
from .model import Model as Model
from .sequential import Sequential as Sequential
