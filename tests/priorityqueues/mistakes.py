"""All mistakes that are refused, each in a resource that is right otherwise."""

from typing import Final

from tests.priorityqueues.between_fields import BETWEEN_FIELDS
from tests.priorityqueues.of_one_field import OF_ONE_FIELD
from tests.priorityqueues.shapes import SHAPES

MISTAKES: Final = BETWEEN_FIELDS + SHAPES + OF_ONE_FIELD
