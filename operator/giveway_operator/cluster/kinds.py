"""The kinds of objects that are read and written, by one name each for all rooms.

The rest of the operator imports them from here: lightkube is this room's affair.
"""

from lightkube.generic_resource import GenericNamespacedResource, create_namespaced_resource
from lightkube.resources.apps_v1 import Deployment, DeploymentScale
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.coordination_v1 import Lease as LeaseObject
from lightkube.resources.core_v1 import Pod, Secret
from lightkube.resources.events_v1 import Event as EventObject

from giveway_operator.model import GROUP, KIND, PLURAL, VERSION

__all__ = [
    "Deployment",
    "DeploymentScale",
    "EventObject",
    "HorizontalPodAutoscaler",
    "LeaseObject",
    "Pod",
    "PriorityQueueObject",
    "ScaledObject",
    "Secret",
]

PriorityQueueObject: type[GenericNamespacedResource] = create_namespaced_resource(
    GROUP, VERSION, KIND, PLURAL
)
ScaledObject: type[GenericNamespacedResource] = create_namespaced_resource(
    "keda.sh", "v1alpha1", "ScaledObject", "scaledobjects"
)
