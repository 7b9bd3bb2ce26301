"""Controls that ipywidgets lacks, made of native inputs: forms of every question kind, a line to draw, keys, the page's arrival."""

from allrise.apps.widgets.arrival import Arrival
from allrise.apps.widgets.form import Form
from allrise.apps.widgets.keys import Keys
from allrise.apps.widgets.prediction import Prediction
from allrise.apps.widgets.rows import Rows

__all__ = ["Arrival", "Form", "Keys", "Prediction", "Rows"]
