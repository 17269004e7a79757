"""The kinds that lightkube does not know by itself: our resource, and KEDA's."""

from lightkube.generic_resource import GenericNamespacedResource, create_namespaced_resource

from giveway_operator.model import GROUP, KIND, PLURAL, VERSION

PriorityQueueObject: type[GenericNamespacedResource] = create_namespaced_resource(
    GROUP, VERSION, KIND, PLURAL
)
ScaledObject: type[GenericNamespacedResource] = create_namespaced_resource(
    "keda.sh", "v1alpha1", "ScaledObject", "scaledobjects"
)
