"""AWS's limits on a table's spec, as numbers: what `validate` checks.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

# Numbers of elements.
MAX_LOCAL_INDEXES = 5
MAX_GLOBAL_INDEXES = 20
MAX_TAGS = 50
# In the key of a global secondary index: HASH attributes, and RANGE attributes.
MAX_INDEX_KEY_ATTRIBUTES = 4
# NonKeyAttributes of one index, and of all indexes of a table together.
MAX_PROJECTED_BY_INDEX = 20
MAX_PROJECTED_BY_TABLE = 100

# Lengths in bytes of UTF-8, from and to.
TABLE_OR_INDEX_NAME = (3, 255)
ATTRIBUTE_NAME = (1, 255)
SEARCHED_ATTRIBUTE_NAME = (1, 65535)
KMS_KEY_ID = (1, 2048)
REGION_NAME = (1, 64)
RESOURCE_POLICY = (1, 20480)
KINESIS_STREAM_ARN = (37, 1024)
BACKUP_ARN = (37, 1024)

# Lengths in characters, from and to.
TAG_KEY = (1, 128)
TAG_VALUE = (0, 256)

# Days, from and to.
RECOVERY_PERIOD = (1, 35)

# Limits of this service, not of AWS.
MAX_UNMANAGED = 200
UNMANAGED_PATH = (1, 1024)
UNMANAGED_REASON = (0, 200)
