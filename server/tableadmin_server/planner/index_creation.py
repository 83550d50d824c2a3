"""The members of an UpdateTable that creates an index."""

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.index import Index, definitions_shape, index_shape


def creation_members(name: str, index: Index) -> AwsDict:
    """The index NAME, and the definitions of the attributes of its key; the others may be left out."""
    return {
        "AttributeDefinitions": definitions_shape(index.keys),
        "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": name, **index_shape(index)}}],
    }
