# The types of boto3's methods, parameters and answers, as far as they administer tables.
# Generated from the contract by `make proto`: do not edit.

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NotRequired, TypedDict, overload

import mypy_boto3_dynamodb.paginator as pages

from tableadmin.boto3.exceptions import ClientError as _ClientError
from tableadmin.boto3.meta import ClientMeta
from tableadmin.boto3.paginators import Paginator

class ResponseMetadataTypeDef(TypedDict):
    RequestId: str
    HTTPStatusCode: int
    HTTPHeaders: dict[str, str]
    RetryAttempts: int

class ArchivalSummaryTypeDef(TypedDict):
    ArchivalDateTime: NotRequired[datetime]
    ArchivalReason: NotRequired[str]
    ArchivalBackupArn: NotRequired[str]

class AttributeDefinitionTypeDef(TypedDict):
    AttributeName: str
    AttributeType: Literal["S", "N", "B"]

class AttributeValueTypeDef(TypedDict):
    S: NotRequired[str]
    N: NotRequired[str]
    B: NotRequired[bytes | str]
    SS: NotRequired[Sequence[str]]
    NS: NotRequired[Sequence[str]]
    BS: NotRequired[Sequence[bytes | str]]
    M: NotRequired[Mapping[str, AttributeValueTypeDef]]
    L: NotRequired[Sequence[AttributeValueTypeDef]]
    NULL: NotRequired[bool]
    BOOL: NotRequired[bool]

class AutoScalingPolicyDescriptionTypeDef(TypedDict):
    PolicyName: NotRequired[str]
    TargetTrackingScalingPolicyConfiguration: NotRequired[
        AutoScalingTargetTrackingScalingPolicyConfigurationDescriptionTypeDef
    ]

class AutoScalingPolicyUpdateTypeDef(TypedDict):
    PolicyName: NotRequired[str]
    TargetTrackingScalingPolicyConfiguration: AutoScalingTargetTrackingScalingPolicyConfigurationUpdateTypeDef

class AutoScalingSettingsDescriptionTypeDef(TypedDict):
    MinimumUnits: NotRequired[int]
    MaximumUnits: NotRequired[int]
    AutoScalingDisabled: NotRequired[bool]
    AutoScalingRoleArn: NotRequired[str]
    ScalingPolicies: NotRequired[list[AutoScalingPolicyDescriptionTypeDef]]

class AutoScalingSettingsUpdateTypeDef(TypedDict):
    MinimumUnits: NotRequired[int]
    MaximumUnits: NotRequired[int]
    AutoScalingDisabled: NotRequired[bool]
    AutoScalingRoleArn: NotRequired[str]
    ScalingPolicyUpdate: NotRequired[AutoScalingPolicyUpdateTypeDef]

class AutoScalingTargetTrackingScalingPolicyConfigurationDescriptionTypeDef(TypedDict):
    DisableScaleIn: NotRequired[bool]
    ScaleInCooldown: NotRequired[int]
    ScaleOutCooldown: NotRequired[int]
    TargetValue: float

class AutoScalingTargetTrackingScalingPolicyConfigurationUpdateTypeDef(TypedDict):
    DisableScaleIn: NotRequired[bool]
    ScaleInCooldown: NotRequired[int]
    ScaleOutCooldown: NotRequired[int]
    TargetValue: float

class BackupDescriptionTypeDef(TypedDict):
    BackupDetails: NotRequired[BackupDetailsTypeDef]
    SourceTableDetails: NotRequired[SourceTableDetailsTypeDef]
    SourceTableFeatureDetails: NotRequired[SourceTableFeatureDetailsTypeDef]

class BackupDetailsTypeDef(TypedDict):
    BackupArn: str
    BackupName: str
    BackupSizeBytes: NotRequired[int]
    BackupStatus: Literal["CREATING", "DELETED", "AVAILABLE"]
    BackupType: Literal["USER", "SYSTEM", "AWS_BACKUP"]
    BackupCreationDateTime: datetime
    BackupExpiryDateTime: NotRequired[datetime]

class BackupSummaryTypeDef(TypedDict):
    TableName: NotRequired[str]
    TableId: NotRequired[str]
    TableArn: NotRequired[str]
    BackupArn: NotRequired[str]
    BackupName: NotRequired[str]
    BackupCreationDateTime: NotRequired[datetime]
    BackupExpiryDateTime: NotRequired[datetime]
    BackupStatus: NotRequired[Literal["CREATING", "DELETED", "AVAILABLE"]]
    BackupType: NotRequired[Literal["USER", "SYSTEM", "AWS_BACKUP"]]
    BackupSizeBytes: NotRequired[int]

class BillingModeSummaryTypeDef(TypedDict):
    BillingMode: NotRequired[Literal["PROVISIONED", "PAY_PER_REQUEST"]]
    LastUpdateToPayPerRequestDateTime: NotRequired[datetime]

class BulkOperationBytesTypeDef(TypedDict):
    BulkPutBytes: NotRequired[int]

class BulkOperationDescriptionTypeDef(TypedDict):
    BulkOperationArn: NotRequired[str]
    BulkOperationStatus: NotRequired[
        Literal["IN_PROGRESS", "COMPLETED", "COMPLETED_WITH_ERRORS", "CANCELLING", "CANCELLED", "FAILED"]
    ]
    TableDetails: NotRequired[list[BulkOperationTableDetailTypeDef]]
    ClientToken: NotRequired[str]
    InputS3Configuration: NotRequired[InputS3ConfigurationTypeDef]
    OutputS3Configuration: NotRequired[OutputS3ConfigurationTypeDef]
    StartTime: NotRequired[datetime]
    EndTime: NotRequired[datetime]
    ProcessedItemCount: NotRequired[int]
    ProcessedInputBytes: NotRequired[int]
    TotalInputBytes: NotRequired[int]
    BulkOperationUsage: NotRequired[list[BulkOperationUsageTypeDef]]
    FailedItemCount: NotRequired[int]
    FailureCode: NotRequired[str]
    FailureMessage: NotRequired[str]
    MaxWriteRequestUnits: NotRequired[int]
    PerformanceTier: NotRequired[Literal["STANDARD", "ACCELERATED"]]

class BulkOperationSummaryTypeDef(TypedDict):
    BulkOperationArn: str
    BulkOperationStatus: Literal[
        "IN_PROGRESS", "COMPLETED", "COMPLETED_WITH_ERRORS", "CANCELLING", "CANCELLED", "FAILED"
    ]
    StartTime: datetime
    EndTime: NotRequired[datetime]

class BulkOperationTableDetailTypeDef(TypedDict):
    TableName: NotRequired[str]
    TableId: NotRequired[str]

class BulkOperationUsageTypeDef(TypedDict):
    TableName: NotRequired[str]
    BulkPutBytes: NotRequired[int]
    Table: NotRequired[BulkOperationBytesTypeDef]
    LocalSecondaryIndexes: NotRequired[dict[str, BulkOperationBytesTypeDef]]
    GlobalSecondaryIndexes: NotRequired[dict[str, BulkOperationBytesTypeDef]]
    VectorIndexes: NotRequired[dict[str, BulkOperationVectorBytesTypeDef]]

class BulkOperationVectorBytesTypeDef(TypedDict):
    BulkPutVectorBytes: NotRequired[int]

class ContinuousBackupsDescriptionTypeDef(TypedDict):
    ContinuousBackupsStatus: Literal["ENABLED", "DISABLED"]
    PointInTimeRecoveryDescription: NotRequired[PointInTimeRecoveryDescriptionTypeDef]

class ContributorInsightsSummaryTypeDef(TypedDict):
    TableName: NotRequired[str]
    IndexName: NotRequired[str]
    ContributorInsightsStatus: NotRequired[Literal["ENABLING", "ENABLED", "DISABLING", "DISABLED", "FAILED"]]
    ContributorInsightsMode: NotRequired[Literal["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"]]

class CreateGlobalSecondaryIndexActionTypeDef(TypedDict):
    IndexName: str
    KeySchema: Sequence[KeySchemaElementTypeDef]
    Projection: ProjectionTypeDef
    ProvisionedThroughput: NotRequired[ProvisionedThroughputTypeDef]
    OnDemandThroughput: NotRequired[OnDemandThroughputTypeDef]
    WarmThroughput: NotRequired[WarmThroughputTypeDef]

class CreateGlobalTableWitnessGroupMemberActionTypeDef(TypedDict):
    RegionName: str

class CreateReplicaActionTypeDef(TypedDict):
    RegionName: str

class CreateReplicationGroupMemberActionTypeDef(TypedDict):
    RegionName: str
    KMSMasterKeyId: NotRequired[str]
    ProvisionedThroughputOverride: NotRequired[ProvisionedThroughputOverrideTypeDef]
    OnDemandThroughputOverride: NotRequired[OnDemandThroughputOverrideTypeDef]
    GlobalSecondaryIndexes: NotRequired[Sequence[ReplicaGlobalSecondaryIndexTypeDef]]
    TableClassOverride: NotRequired[Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]]

class CreateVectorIndexActionTypeDef(TypedDict):
    IndexName: str
    VectorAttribute: VectorAttributeDefinitionTypeDef
    SearchSchema: NotRequired[Sequence[SearchSchemaElementTypeDef]]
    Projection: ProjectionTypeDef
    Dimensions: int
    DistanceFunction: Literal["COSINE", "DOT_PRODUCT", "EUCLIDEAN"]

class CsvOptionsTypeDef(TypedDict):
    Delimiter: NotRequired[str]
    HeaderList: NotRequired[Sequence[str]]

class DeleteGlobalSecondaryIndexActionTypeDef(TypedDict):
    IndexName: str

class DeleteGlobalTableWitnessGroupMemberActionTypeDef(TypedDict):
    RegionName: str

class DeleteReplicaActionTypeDef(TypedDict):
    RegionName: str

class DeleteReplicationGroupMemberActionTypeDef(TypedDict):
    RegionName: str

class DeleteVectorIndexActionTypeDef(TypedDict):
    IndexName: str

class DisassociateReplicationGroupMemberActionTypeDef(TypedDict):
    RegionName: str
    DisassociationMode: Literal["WAIT_FOR_REPLICATION"]

class EnableKinesisStreamingConfigurationTypeDef(TypedDict):
    ApproximateCreationDateTimePrecision: NotRequired[Literal["MILLISECOND", "MICROSECOND"]]

class EndpointTypeDef(TypedDict):
    Address: str
    CachePeriodInMinutes: int

class ExportDescriptionTypeDef(TypedDict):
    ExportArn: NotRequired[str]
    ExportStatus: NotRequired[Literal["IN_PROGRESS", "COMPLETED", "FAILED"]]
    StartTime: NotRequired[datetime]
    EndTime: NotRequired[datetime]
    ExportManifest: NotRequired[str]
    TableArn: NotRequired[str]
    TableId: NotRequired[str]
    ExportTime: NotRequired[datetime]
    ClientToken: NotRequired[str]
    S3Bucket: NotRequired[str]
    S3BucketOwner: NotRequired[str]
    S3Prefix: NotRequired[str]
    S3SseAlgorithm: NotRequired[Literal["AES256", "KMS"]]
    S3SseKmsKeyId: NotRequired[str]
    FailureCode: NotRequired[str]
    FailureMessage: NotRequired[str]
    ExportFormat: NotRequired[Literal["DYNAMODB_JSON", "ION"]]
    BilledSizeBytes: NotRequired[int]
    ItemCount: NotRequired[int]
    ExportType: NotRequired[Literal["FULL_EXPORT", "INCREMENTAL_EXPORT"]]
    IncrementalExportSpecification: NotRequired[IncrementalExportSpecificationTypeDef]
    FilterSpecification: NotRequired[FilterSpecificationTypeDef]

class ExportSummaryTypeDef(TypedDict):
    ExportArn: NotRequired[str]
    ExportStatus: NotRequired[Literal["IN_PROGRESS", "COMPLETED", "FAILED"]]
    ExportType: NotRequired[Literal["FULL_EXPORT", "INCREMENTAL_EXPORT"]]

class FailureExceptionTypeDef(TypedDict):
    ExceptionName: NotRequired[str]
    ExceptionDescription: NotRequired[str]

class FilterSpecificationTypeDef(TypedDict):
    FilterExpression: NotRequired[str]
    ProjectionExpression: NotRequired[str]
    KeyConditionExpression: NotRequired[str]
    ExpressionAttributeNames: NotRequired[Mapping[str, str]]
    ExpressionAttributeValues: NotRequired[Mapping[str, AttributeValueTypeDef]]

class GlobalSecondaryIndexTypeDef(TypedDict):
    IndexName: str
    KeySchema: Sequence[KeySchemaElementTypeDef]
    Projection: ProjectionTypeDef
    ProvisionedThroughput: NotRequired[ProvisionedThroughputTypeDef]
    OnDemandThroughput: NotRequired[OnDemandThroughputTypeDef]
    WarmThroughput: NotRequired[WarmThroughputTypeDef]

class GlobalSecondaryIndexAutoScalingUpdateTypeDef(TypedDict):
    IndexName: NotRequired[str]
    ProvisionedWriteCapacityAutoScalingUpdate: NotRequired[AutoScalingSettingsUpdateTypeDef]

class GlobalSecondaryIndexDescriptionTypeDef(TypedDict):
    IndexName: NotRequired[str]
    KeySchema: NotRequired[list[KeySchemaElementTypeDef]]
    Projection: NotRequired[ProjectionTypeDef]
    IndexStatus: NotRequired[Literal["CREATING", "UPDATING", "DELETING", "ACTIVE"]]
    Backfilling: NotRequired[bool]
    ProvisionedThroughput: NotRequired[ProvisionedThroughputDescriptionTypeDef]
    IndexSizeBytes: NotRequired[int]
    ItemCount: NotRequired[int]
    IndexArn: NotRequired[str]
    OnDemandThroughput: NotRequired[OnDemandThroughputTypeDef]
    WarmThroughput: NotRequired[GlobalSecondaryIndexWarmThroughputDescriptionTypeDef]

class GlobalSecondaryIndexInfoTypeDef(TypedDict):
    IndexName: NotRequired[str]
    KeySchema: NotRequired[list[KeySchemaElementTypeDef]]
    Projection: NotRequired[ProjectionTypeDef]
    ProvisionedThroughput: NotRequired[ProvisionedThroughputTypeDef]
    OnDemandThroughput: NotRequired[OnDemandThroughputTypeDef]

class GlobalSecondaryIndexUpdateTypeDef(TypedDict):
    Update: NotRequired[UpdateGlobalSecondaryIndexActionTypeDef]
    Create: NotRequired[CreateGlobalSecondaryIndexActionTypeDef]
    Delete: NotRequired[DeleteGlobalSecondaryIndexActionTypeDef]

class GlobalSecondaryIndexWarmThroughputDescriptionTypeDef(TypedDict):
    ReadUnitsPerSecond: NotRequired[int]
    WriteUnitsPerSecond: NotRequired[int]
    Status: NotRequired[Literal["CREATING", "UPDATING", "DELETING", "ACTIVE"]]

class GlobalTableTypeDef(TypedDict):
    GlobalTableName: NotRequired[str]
    ReplicationGroup: NotRequired[list[ReplicaTypeDef]]

class GlobalTableDescriptionTypeDef(TypedDict):
    ReplicationGroup: NotRequired[list[ReplicaDescriptionTypeDef]]
    GlobalTableArn: NotRequired[str]
    CreationDateTime: NotRequired[datetime]
    GlobalTableStatus: NotRequired[Literal["CREATING", "ACTIVE", "DELETING", "UPDATING"]]
    GlobalTableName: NotRequired[str]

class GlobalTableGlobalSecondaryIndexSettingsUpdateTypeDef(TypedDict):
    IndexName: str
    ProvisionedWriteCapacityUnits: NotRequired[int]
    ProvisionedWriteCapacityAutoScalingSettingsUpdate: NotRequired[AutoScalingSettingsUpdateTypeDef]

class GlobalTableWitnessDescriptionTypeDef(TypedDict):
    RegionName: NotRequired[str]
    WitnessStatus: NotRequired[Literal["CREATING", "DELETING", "ACTIVE"]]

class GlobalTableWitnessGroupUpdateTypeDef(TypedDict):
    Create: NotRequired[CreateGlobalTableWitnessGroupMemberActionTypeDef]
    Delete: NotRequired[DeleteGlobalTableWitnessGroupMemberActionTypeDef]

class ImportSummaryTypeDef(TypedDict):
    ImportArn: NotRequired[str]
    ImportStatus: NotRequired[Literal["IN_PROGRESS", "COMPLETED", "CANCELLING", "CANCELLED", "FAILED"]]
    TableArn: NotRequired[str]
    S3BucketSource: NotRequired[S3BucketSourceTypeDef]
    CloudWatchLogGroupArn: NotRequired[str]
    InputFormat: NotRequired[Literal["DYNAMODB_JSON", "ION", "CSV"]]
    StartTime: NotRequired[datetime]
    EndTime: NotRequired[datetime]

class ImportTableDescriptionTypeDef(TypedDict):
    ImportArn: NotRequired[str]
    ImportStatus: NotRequired[Literal["IN_PROGRESS", "COMPLETED", "CANCELLING", "CANCELLED", "FAILED"]]
    TableArn: NotRequired[str]
    TableId: NotRequired[str]
    ClientToken: NotRequired[str]
    S3BucketSource: NotRequired[S3BucketSourceTypeDef]
    ErrorCount: NotRequired[int]
    CloudWatchLogGroupArn: NotRequired[str]
    InputFormat: NotRequired[Literal["DYNAMODB_JSON", "ION", "CSV"]]
    InputFormatOptions: NotRequired[InputFormatOptionsTypeDef]
    InputCompressionType: NotRequired[Literal["GZIP", "ZSTD", "NONE"]]
    TableCreationParameters: NotRequired[TableCreationParametersTypeDef]
    StartTime: NotRequired[datetime]
    EndTime: NotRequired[datetime]
    ProcessedSizeBytes: NotRequired[int]
    ProcessedItemCount: NotRequired[int]
    ImportedItemCount: NotRequired[int]
    FailureCode: NotRequired[str]
    FailureMessage: NotRequired[str]

class IncrementalExportSpecificationTypeDef(TypedDict):
    ExportFromTime: NotRequired[datetime | str | float]
    ExportToTime: NotRequired[datetime | str | float]
    ExportViewType: NotRequired[Literal["NEW_IMAGE", "NEW_AND_OLD_IMAGES"]]

class InputFormatOptionsTypeDef(TypedDict):
    Csv: NotRequired[CsvOptionsTypeDef]

class InputS3ConfigurationTypeDef(TypedDict):
    S3BucketOwner: NotRequired[str]
    S3Bucket: str
    S3KeyPrefix: NotRequired[str]
    InputFormat: Literal["DYNAMODB_JSON", "ION"]
    InputCompressionType: NotRequired[Literal["GZIP", "ZSTD", "NONE"]]

class KeySchemaElementTypeDef(TypedDict):
    AttributeName: str
    KeyType: Literal["HASH", "RANGE"]

class KinesisDataStreamDestinationTypeDef(TypedDict):
    StreamArn: NotRequired[str]
    DestinationStatus: NotRequired[
        Literal["ENABLING", "ACTIVE", "DISABLING", "DISABLED", "ENABLE_FAILED", "UPDATING"]
    ]
    DestinationStatusDescription: NotRequired[str]
    ApproximateCreationDateTimePrecision: NotRequired[Literal["MILLISECOND", "MICROSECOND"]]

class LocalSecondaryIndexTypeDef(TypedDict):
    IndexName: str
    KeySchema: Sequence[KeySchemaElementTypeDef]
    Projection: ProjectionTypeDef

class LocalSecondaryIndexDescriptionTypeDef(TypedDict):
    IndexName: NotRequired[str]
    KeySchema: NotRequired[list[KeySchemaElementTypeDef]]
    Projection: NotRequired[ProjectionTypeDef]
    IndexSizeBytes: NotRequired[int]
    ItemCount: NotRequired[int]
    IndexArn: NotRequired[str]

class LocalSecondaryIndexInfoTypeDef(TypedDict):
    IndexName: NotRequired[str]
    KeySchema: NotRequired[list[KeySchemaElementTypeDef]]
    Projection: NotRequired[ProjectionTypeDef]

class OnDemandThroughputTypeDef(TypedDict):
    MaxReadRequestUnits: NotRequired[int]
    MaxWriteRequestUnits: NotRequired[int]

class OnDemandThroughputOverrideTypeDef(TypedDict):
    MaxReadRequestUnits: NotRequired[int]

class OutputS3ConfigurationTypeDef(TypedDict):
    S3BucketOwner: NotRequired[str]
    S3Bucket: NotRequired[str]
    S3KeyPrefix: NotRequired[str]
    S3SseAlgorithm: NotRequired[Literal["AES256", "KMS"]]
    S3SseKmsKeyId: NotRequired[str]
    OutputType: Sequence[Literal["ERROR", "CONDITION_CHECK_FAILURE"]]

class PointInTimeRecoveryDescriptionTypeDef(TypedDict):
    PointInTimeRecoveryStatus: NotRequired[Literal["ENABLED", "DISABLED"]]
    RecoveryPeriodInDays: NotRequired[int]
    EarliestRestorableDateTime: NotRequired[datetime]
    LatestRestorableDateTime: NotRequired[datetime]

class PointInTimeRecoverySpecificationTypeDef(TypedDict):
    PointInTimeRecoveryEnabled: bool
    RecoveryPeriodInDays: NotRequired[int]

class ProjectionTypeDef(TypedDict):
    ProjectionType: NotRequired[Literal["ALL", "KEYS_ONLY", "INCLUDE"]]
    NonKeyAttributes: NotRequired[Sequence[str]]

class ProvisionedThroughputTypeDef(TypedDict):
    ReadCapacityUnits: int
    WriteCapacityUnits: int

class ProvisionedThroughputDescriptionTypeDef(TypedDict):
    LastIncreaseDateTime: NotRequired[datetime]
    LastDecreaseDateTime: NotRequired[datetime]
    NumberOfDecreasesToday: NotRequired[int]
    ReadCapacityUnits: NotRequired[int]
    WriteCapacityUnits: NotRequired[int]

class ProvisionedThroughputOverrideTypeDef(TypedDict):
    ReadCapacityUnits: NotRequired[int]

class ReplicaTypeDef(TypedDict):
    RegionName: NotRequired[str]

class ReplicaAutoScalingDescriptionTypeDef(TypedDict):
    RegionName: NotRequired[str]
    GlobalSecondaryIndexes: NotRequired[list[ReplicaGlobalSecondaryIndexAutoScalingDescriptionTypeDef]]
    ReplicaProvisionedReadCapacityAutoScalingSettings: NotRequired[AutoScalingSettingsDescriptionTypeDef]
    ReplicaProvisionedWriteCapacityAutoScalingSettings: NotRequired[AutoScalingSettingsDescriptionTypeDef]
    ReplicaStatus: NotRequired[
        Literal[
            "CREATING",
            "CREATION_FAILED",
            "UPDATING",
            "DELETING",
            "ACTIVE",
            "REGION_DISABLED",
            "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
            "ARCHIVING",
            "ARCHIVED",
            "REPLICATION_NOT_AUTHORIZED",
        ]
    ]

class ReplicaAutoScalingUpdateTypeDef(TypedDict):
    RegionName: str
    ReplicaGlobalSecondaryIndexUpdates: NotRequired[
        Sequence[ReplicaGlobalSecondaryIndexAutoScalingUpdateTypeDef]
    ]
    ReplicaProvisionedReadCapacityAutoScalingUpdate: NotRequired[AutoScalingSettingsUpdateTypeDef]

class ReplicaDescriptionTypeDef(TypedDict):
    RegionName: NotRequired[str]
    ReplicaStatus: NotRequired[
        Literal[
            "CREATING",
            "CREATION_FAILED",
            "UPDATING",
            "DELETING",
            "ACTIVE",
            "REGION_DISABLED",
            "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
            "ARCHIVING",
            "ARCHIVED",
            "REPLICATION_NOT_AUTHORIZED",
        ]
    ]
    ReplicaArn: NotRequired[str]
    ReplicaStatusDescription: NotRequired[str]
    ReplicaStatusPercentProgress: NotRequired[str]
    KMSMasterKeyId: NotRequired[str]
    ProvisionedThroughputOverride: NotRequired[ProvisionedThroughputOverrideTypeDef]
    OnDemandThroughputOverride: NotRequired[OnDemandThroughputOverrideTypeDef]
    WarmThroughput: NotRequired[TableWarmThroughputDescriptionTypeDef]
    GlobalSecondaryIndexes: NotRequired[list[ReplicaGlobalSecondaryIndexDescriptionTypeDef]]
    ReplicaInaccessibleDateTime: NotRequired[datetime]
    ReplicaTableClassSummary: NotRequired[TableClassSummaryTypeDef]
    GlobalTableSettingsReplicationMode: NotRequired[Literal["ENABLED", "DISABLED", "ENABLED_WITH_OVERRIDES"]]

class ReplicaGlobalSecondaryIndexTypeDef(TypedDict):
    IndexName: str
    ProvisionedThroughputOverride: NotRequired[ProvisionedThroughputOverrideTypeDef]
    OnDemandThroughputOverride: NotRequired[OnDemandThroughputOverrideTypeDef]

class ReplicaGlobalSecondaryIndexAutoScalingDescriptionTypeDef(TypedDict):
    IndexName: NotRequired[str]
    IndexStatus: NotRequired[Literal["CREATING", "UPDATING", "DELETING", "ACTIVE"]]
    ProvisionedReadCapacityAutoScalingSettings: NotRequired[AutoScalingSettingsDescriptionTypeDef]
    ProvisionedWriteCapacityAutoScalingSettings: NotRequired[AutoScalingSettingsDescriptionTypeDef]

class ReplicaGlobalSecondaryIndexAutoScalingUpdateTypeDef(TypedDict):
    IndexName: NotRequired[str]
    ProvisionedReadCapacityAutoScalingUpdate: NotRequired[AutoScalingSettingsUpdateTypeDef]

class ReplicaGlobalSecondaryIndexDescriptionTypeDef(TypedDict):
    IndexName: NotRequired[str]
    ProvisionedThroughputOverride: NotRequired[ProvisionedThroughputOverrideTypeDef]
    OnDemandThroughputOverride: NotRequired[OnDemandThroughputOverrideTypeDef]
    WarmThroughput: NotRequired[GlobalSecondaryIndexWarmThroughputDescriptionTypeDef]

class ReplicaGlobalSecondaryIndexSettingsDescriptionTypeDef(TypedDict):
    IndexName: str
    IndexStatus: NotRequired[Literal["CREATING", "UPDATING", "DELETING", "ACTIVE"]]
    ProvisionedReadCapacityUnits: NotRequired[int]
    ProvisionedReadCapacityAutoScalingSettings: NotRequired[AutoScalingSettingsDescriptionTypeDef]
    ProvisionedWriteCapacityUnits: NotRequired[int]
    ProvisionedWriteCapacityAutoScalingSettings: NotRequired[AutoScalingSettingsDescriptionTypeDef]

class ReplicaGlobalSecondaryIndexSettingsUpdateTypeDef(TypedDict):
    IndexName: str
    ProvisionedReadCapacityUnits: NotRequired[int]
    ProvisionedReadCapacityAutoScalingSettingsUpdate: NotRequired[AutoScalingSettingsUpdateTypeDef]

class ReplicaSettingsDescriptionTypeDef(TypedDict):
    RegionName: str
    ReplicaStatus: NotRequired[
        Literal[
            "CREATING",
            "CREATION_FAILED",
            "UPDATING",
            "DELETING",
            "ACTIVE",
            "REGION_DISABLED",
            "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
            "ARCHIVING",
            "ARCHIVED",
            "REPLICATION_NOT_AUTHORIZED",
        ]
    ]
    ReplicaBillingModeSummary: NotRequired[BillingModeSummaryTypeDef]
    ReplicaProvisionedReadCapacityUnits: NotRequired[int]
    ReplicaProvisionedReadCapacityAutoScalingSettings: NotRequired[AutoScalingSettingsDescriptionTypeDef]
    ReplicaProvisionedWriteCapacityUnits: NotRequired[int]
    ReplicaProvisionedWriteCapacityAutoScalingSettings: NotRequired[AutoScalingSettingsDescriptionTypeDef]
    ReplicaGlobalSecondaryIndexSettings: NotRequired[
        list[ReplicaGlobalSecondaryIndexSettingsDescriptionTypeDef]
    ]
    ReplicaTableClassSummary: NotRequired[TableClassSummaryTypeDef]

class ReplicaSettingsUpdateTypeDef(TypedDict):
    RegionName: str
    ReplicaProvisionedReadCapacityUnits: NotRequired[int]
    ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate: NotRequired[AutoScalingSettingsUpdateTypeDef]
    ReplicaGlobalSecondaryIndexSettingsUpdate: NotRequired[
        Sequence[ReplicaGlobalSecondaryIndexSettingsUpdateTypeDef]
    ]
    ReplicaTableClass: NotRequired[Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]]

class ReplicaUpdateTypeDef(TypedDict):
    Create: NotRequired[CreateReplicaActionTypeDef]
    Delete: NotRequired[DeleteReplicaActionTypeDef]

class ReplicationGroupUpdateTypeDef(TypedDict):
    Create: NotRequired[CreateReplicationGroupMemberActionTypeDef]
    Update: NotRequired[UpdateReplicationGroupMemberActionTypeDef]
    Delete: NotRequired[DeleteReplicationGroupMemberActionTypeDef]
    Disassociate: NotRequired[DisassociateReplicationGroupMemberActionTypeDef]

class RestoreSummaryTypeDef(TypedDict):
    SourceBackupArn: NotRequired[str]
    SourceTableArn: NotRequired[str]
    RestoreDateTime: datetime
    RestoreInProgress: bool

class S3BucketSourceTypeDef(TypedDict):
    S3BucketOwner: NotRequired[str]
    S3Bucket: str
    S3KeyPrefix: NotRequired[str]

class SSEDescriptionTypeDef(TypedDict):
    Status: NotRequired[Literal["ENABLING", "ENABLED", "DISABLING", "DISABLED", "UPDATING"]]
    SSEType: NotRequired[Literal["AES256", "KMS"]]
    KMSMasterKeyArn: NotRequired[str]
    InaccessibleEncryptionDateTime: NotRequired[datetime]

class SSESpecificationTypeDef(TypedDict):
    Enabled: NotRequired[bool]
    SSEType: NotRequired[Literal["AES256", "KMS"]]
    KMSMasterKeyId: NotRequired[str]

class SearchSchemaElementTypeDef(TypedDict):
    AttributeName: str
    SearchSchemaElementType: Literal["HASH", "INLINE_FILTER"]

class SourceTableDetailsTypeDef(TypedDict):
    TableName: str
    TableId: str
    TableArn: NotRequired[str]
    TableSizeBytes: NotRequired[int]
    KeySchema: list[KeySchemaElementTypeDef]
    TableCreationDateTime: datetime
    ProvisionedThroughput: ProvisionedThroughputTypeDef
    OnDemandThroughput: NotRequired[OnDemandThroughputTypeDef]
    ItemCount: NotRequired[int]
    BillingMode: NotRequired[Literal["PROVISIONED", "PAY_PER_REQUEST"]]

class SourceTableFeatureDetailsTypeDef(TypedDict):
    LocalSecondaryIndexes: NotRequired[list[LocalSecondaryIndexInfoTypeDef]]
    GlobalSecondaryIndexes: NotRequired[list[GlobalSecondaryIndexInfoTypeDef]]
    StreamDescription: NotRequired[StreamSpecificationTypeDef]
    TimeToLiveDescription: NotRequired[TimeToLiveDescriptionTypeDef]
    SSEDescription: NotRequired[SSEDescriptionTypeDef]
    VectorIndexes: NotRequired[list[VectorIndexInfoTypeDef]]

class StreamSpecificationTypeDef(TypedDict):
    StreamEnabled: bool
    StreamViewType: NotRequired[Literal["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"]]

class TableAutoScalingDescriptionTypeDef(TypedDict):
    TableName: NotRequired[str]
    TableStatus: NotRequired[
        Literal[
            "CREATING",
            "UPDATING",
            "DELETING",
            "ACTIVE",
            "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
            "ARCHIVING",
            "ARCHIVED",
            "REPLICATION_NOT_AUTHORIZED",
        ]
    ]
    Replicas: NotRequired[list[ReplicaAutoScalingDescriptionTypeDef]]

class TableClassSummaryTypeDef(TypedDict):
    TableClass: NotRequired[Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]]
    LastUpdateDateTime: NotRequired[datetime]

class TableCreationParametersTypeDef(TypedDict):
    TableName: str
    AttributeDefinitions: Sequence[AttributeDefinitionTypeDef]
    KeySchema: Sequence[KeySchemaElementTypeDef]
    BillingMode: NotRequired[Literal["PROVISIONED", "PAY_PER_REQUEST"]]
    ProvisionedThroughput: NotRequired[ProvisionedThroughputTypeDef]
    OnDemandThroughput: NotRequired[OnDemandThroughputTypeDef]
    SSESpecification: NotRequired[SSESpecificationTypeDef]
    GlobalSecondaryIndexes: NotRequired[Sequence[GlobalSecondaryIndexTypeDef]]
    VectorIndexes: NotRequired[Sequence[VectorIndexTypeDef]]

class TableDescriptionTypeDef(TypedDict):
    AttributeDefinitions: NotRequired[list[AttributeDefinitionTypeDef]]
    TableName: NotRequired[str]
    KeySchema: NotRequired[list[KeySchemaElementTypeDef]]
    TableStatus: NotRequired[
        Literal[
            "CREATING",
            "UPDATING",
            "DELETING",
            "ACTIVE",
            "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
            "ARCHIVING",
            "ARCHIVED",
            "REPLICATION_NOT_AUTHORIZED",
        ]
    ]
    CreationDateTime: NotRequired[datetime]
    ProvisionedThroughput: NotRequired[ProvisionedThroughputDescriptionTypeDef]
    TableSizeBytes: NotRequired[int]
    ItemCount: NotRequired[int]
    TableArn: NotRequired[str]
    TableId: NotRequired[str]
    BillingModeSummary: NotRequired[BillingModeSummaryTypeDef]
    LocalSecondaryIndexes: NotRequired[list[LocalSecondaryIndexDescriptionTypeDef]]
    GlobalSecondaryIndexes: NotRequired[list[GlobalSecondaryIndexDescriptionTypeDef]]
    StreamSpecification: NotRequired[StreamSpecificationTypeDef]
    LatestStreamLabel: NotRequired[str]
    LatestStreamArn: NotRequired[str]
    GlobalTableVersion: NotRequired[str]
    Replicas: NotRequired[list[ReplicaDescriptionTypeDef]]
    GlobalTableWitnesses: NotRequired[list[GlobalTableWitnessDescriptionTypeDef]]
    GlobalTableSettingsReplicationMode: NotRequired[Literal["ENABLED", "DISABLED", "ENABLED_WITH_OVERRIDES"]]
    RestoreSummary: NotRequired[RestoreSummaryTypeDef]
    SSEDescription: NotRequired[SSEDescriptionTypeDef]
    ArchivalSummary: NotRequired[ArchivalSummaryTypeDef]
    TableClassSummary: NotRequired[TableClassSummaryTypeDef]
    DeletionProtectionEnabled: NotRequired[bool]
    DisassociationProtectionEnabled: NotRequired[bool]
    OnDemandThroughput: NotRequired[OnDemandThroughputTypeDef]
    WarmThroughput: NotRequired[TableWarmThroughputDescriptionTypeDef]
    MultiRegionConsistency: NotRequired[Literal["EVENTUAL", "STRONG"]]
    VectorIndexes: NotRequired[list[VectorIndexDescriptionTypeDef]]

class TableWarmThroughputDescriptionTypeDef(TypedDict):
    ReadUnitsPerSecond: NotRequired[int]
    WriteUnitsPerSecond: NotRequired[int]
    Status: NotRequired[
        Literal[
            "CREATING",
            "UPDATING",
            "DELETING",
            "ACTIVE",
            "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
            "ARCHIVING",
            "ARCHIVED",
            "REPLICATION_NOT_AUTHORIZED",
        ]
    ]

class TagTypeDef(TypedDict):
    Key: str
    Value: str

class TimeToLiveDescriptionTypeDef(TypedDict):
    TimeToLiveStatus: NotRequired[Literal["ENABLING", "DISABLING", "ENABLED", "DISABLED"]]
    AttributeName: NotRequired[str]

class TimeToLiveSpecificationTypeDef(TypedDict):
    Enabled: bool
    AttributeName: str

class UpdateGlobalSecondaryIndexActionTypeDef(TypedDict):
    IndexName: str
    ProvisionedThroughput: NotRequired[ProvisionedThroughputTypeDef]
    OnDemandThroughput: NotRequired[OnDemandThroughputTypeDef]
    WarmThroughput: NotRequired[WarmThroughputTypeDef]

class UpdateKinesisStreamingConfigurationTypeDef(TypedDict):
    ApproximateCreationDateTimePrecision: NotRequired[Literal["MILLISECOND", "MICROSECOND"]]

class UpdateReplicationGroupMemberActionTypeDef(TypedDict):
    RegionName: str
    KMSMasterKeyId: NotRequired[str]
    ProvisionedThroughputOverride: NotRequired[ProvisionedThroughputOverrideTypeDef]
    OnDemandThroughputOverride: NotRequired[OnDemandThroughputOverrideTypeDef]
    GlobalSecondaryIndexes: NotRequired[Sequence[ReplicaGlobalSecondaryIndexTypeDef]]
    TableClassOverride: NotRequired[Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]]

class VectorAttributeDefinitionTypeDef(TypedDict):
    AttributeName: str

class VectorIndexTypeDef(TypedDict):
    IndexName: str
    VectorAttribute: VectorAttributeDefinitionTypeDef
    SearchSchema: NotRequired[Sequence[SearchSchemaElementTypeDef]]
    Projection: ProjectionTypeDef
    Dimensions: int
    DistanceFunction: Literal["COSINE", "DOT_PRODUCT", "EUCLIDEAN"]

class VectorIndexDescriptionTypeDef(TypedDict):
    IndexName: NotRequired[str]
    SearchSchema: NotRequired[list[SearchSchemaElementTypeDef]]
    Projection: NotRequired[ProjectionTypeDef]
    VectorAttribute: NotRequired[VectorAttributeDefinitionTypeDef]
    Dimensions: NotRequired[int]
    DistanceFunction: NotRequired[Literal["COSINE", "DOT_PRODUCT", "EUCLIDEAN"]]
    IndexStatus: NotRequired[Literal["CREATING", "UPDATING", "DELETING", "ACTIVE"]]
    Backfilling: NotRequired[bool]
    IndexSizeBytes: NotRequired[int]
    ItemCount: NotRequired[int]
    IndexArn: NotRequired[str]

class VectorIndexInfoTypeDef(TypedDict):
    IndexName: NotRequired[str]
    VectorAttribute: NotRequired[VectorAttributeDefinitionTypeDef]
    SearchSchema: NotRequired[list[SearchSchemaElementTypeDef]]
    Projection: NotRequired[ProjectionTypeDef]
    Dimensions: NotRequired[int]
    DistanceFunction: NotRequired[Literal["COSINE", "DOT_PRODUCT", "EUCLIDEAN"]]

class VectorIndexUpdateTypeDef(TypedDict):
    Create: NotRequired[CreateVectorIndexActionTypeDef]
    Delete: NotRequired[DeleteVectorIndexActionTypeDef]

class WarmThroughputTypeDef(TypedDict):
    ReadUnitsPerSecond: NotRequired[int]
    WriteUnitsPerSecond: NotRequired[int]

class CancelBulkOperationOutputTypeDef(TypedDict):
    BulkOperationArn: str
    BulkOperationStatus: Literal[
        "IN_PROGRESS", "COMPLETED", "COMPLETED_WITH_ERRORS", "CANCELLING", "CANCELLED", "FAILED"
    ]
    ResponseMetadata: ResponseMetadataTypeDef

class CreateBackupOutputTypeDef(TypedDict):
    BackupDetails: BackupDetailsTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class CreateGlobalTableOutputTypeDef(TypedDict):
    GlobalTableDescription: GlobalTableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class CreateTableOutputTypeDef(TypedDict):
    TableDescription: TableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DeleteBackupOutputTypeDef(TypedDict):
    BackupDescription: BackupDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DeleteResourcePolicyOutputTypeDef(TypedDict):
    RevisionId: str
    ResponseMetadata: ResponseMetadataTypeDef

class DeleteTableOutputTypeDef(TypedDict):
    TableDescription: TableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeBackupOutputTypeDef(TypedDict):
    BackupDescription: BackupDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeBulkOperationOutputTypeDef(TypedDict):
    BulkOperationDescription: BulkOperationDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeContinuousBackupsOutputTypeDef(TypedDict):
    ContinuousBackupsDescription: ContinuousBackupsDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeContributorInsightsOutputTypeDef(TypedDict):
    TableName: str
    IndexName: str
    ContributorInsightsRuleList: list[str]
    ContributorInsightsStatus: Literal["ENABLING", "ENABLED", "DISABLING", "DISABLED", "FAILED"]
    LastUpdateDateTime: datetime
    FailureException: FailureExceptionTypeDef
    ContributorInsightsMode: Literal["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"]
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeEndpointsOutputTypeDef(TypedDict):
    Endpoints: list[EndpointTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeExportOutputTypeDef(TypedDict):
    ExportDescription: ExportDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeGlobalTableOutputTypeDef(TypedDict):
    GlobalTableDescription: GlobalTableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeGlobalTableSettingsOutputTypeDef(TypedDict):
    GlobalTableName: str
    ReplicaSettings: list[ReplicaSettingsDescriptionTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeImportOutputTypeDef(TypedDict):
    ImportTableDescription: ImportTableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeKinesisStreamingDestinationOutputTypeDef(TypedDict):
    TableName: str
    KinesisDataStreamDestinations: list[KinesisDataStreamDestinationTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeLimitsOutputTypeDef(TypedDict):
    AccountMaxReadCapacityUnits: int
    AccountMaxWriteCapacityUnits: int
    TableMaxReadCapacityUnits: int
    TableMaxWriteCapacityUnits: int
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeTableOutputTypeDef(TypedDict):
    Table: TableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeTableReplicaAutoScalingOutputTypeDef(TypedDict):
    TableAutoScalingDescription: TableAutoScalingDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DescribeTimeToLiveOutputTypeDef(TypedDict):
    TimeToLiveDescription: TimeToLiveDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class DisableKinesisStreamingDestinationOutputTypeDef(TypedDict):
    TableName: str
    StreamArn: str
    DestinationStatus: Literal["ENABLING", "ACTIVE", "DISABLING", "DISABLED", "ENABLE_FAILED", "UPDATING"]
    EnableKinesisStreamingConfiguration: EnableKinesisStreamingConfigurationTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class EnableKinesisStreamingDestinationOutputTypeDef(TypedDict):
    TableName: str
    StreamArn: str
    DestinationStatus: Literal["ENABLING", "ACTIVE", "DISABLING", "DISABLED", "ENABLE_FAILED", "UPDATING"]
    EnableKinesisStreamingConfiguration: EnableKinesisStreamingConfigurationTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class ExportTableToPointInTimeOutputTypeDef(TypedDict):
    ExportDescription: ExportDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class GetResourcePolicyOutputTypeDef(TypedDict):
    Policy: str
    RevisionId: str
    ResponseMetadata: ResponseMetadataTypeDef

class ImportTableOutputTypeDef(TypedDict):
    ImportTableDescription: ImportTableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class ListBackupsOutputTypeDef(TypedDict):
    BackupSummaries: list[BackupSummaryTypeDef]
    LastEvaluatedBackupArn: str
    ResponseMetadata: ResponseMetadataTypeDef

class ListBulkOperationsOutputTypeDef(TypedDict):
    BulkOperationsSummaryList: list[BulkOperationSummaryTypeDef]
    NextToken: str
    ResponseMetadata: ResponseMetadataTypeDef

class ListContributorInsightsOutputTypeDef(TypedDict):
    ContributorInsightsSummaries: list[ContributorInsightsSummaryTypeDef]
    NextToken: str
    ResponseMetadata: ResponseMetadataTypeDef

class ListExportsOutputTypeDef(TypedDict):
    ExportSummaries: list[ExportSummaryTypeDef]
    NextToken: str
    ResponseMetadata: ResponseMetadataTypeDef

class ListGlobalTablesOutputTypeDef(TypedDict):
    GlobalTables: list[GlobalTableTypeDef]
    LastEvaluatedGlobalTableName: str
    ResponseMetadata: ResponseMetadataTypeDef

class ListImportsOutputTypeDef(TypedDict):
    ImportSummaryList: list[ImportSummaryTypeDef]
    NextToken: str
    ResponseMetadata: ResponseMetadataTypeDef

class ListTablesOutputTypeDef(TypedDict):
    TableNames: list[str]
    LastEvaluatedTableName: str
    ResponseMetadata: ResponseMetadataTypeDef

class ListTagsOfResourceOutputTypeDef(TypedDict):
    Tags: list[TagTypeDef]
    NextToken: str
    ResponseMetadata: ResponseMetadataTypeDef

class PutResourcePolicyOutputTypeDef(TypedDict):
    RevisionId: str
    ResponseMetadata: ResponseMetadataTypeDef

class RestoreTableFromBackupOutputTypeDef(TypedDict):
    TableDescription: TableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class RestoreTableToPointInTimeOutputTypeDef(TypedDict):
    TableDescription: TableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class StartBulkPutItemsOutputTypeDef(TypedDict):
    BulkOperationDescription: BulkOperationDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class TagResourceOutputTypeDef(TypedDict):
    ResponseMetadata: ResponseMetadataTypeDef

class UntagResourceOutputTypeDef(TypedDict):
    ResponseMetadata: ResponseMetadataTypeDef

class UpdateContinuousBackupsOutputTypeDef(TypedDict):
    ContinuousBackupsDescription: ContinuousBackupsDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class UpdateContributorInsightsOutputTypeDef(TypedDict):
    TableName: str
    IndexName: str
    ContributorInsightsStatus: Literal["ENABLING", "ENABLED", "DISABLING", "DISABLED", "FAILED"]
    ContributorInsightsMode: Literal["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"]
    ResponseMetadata: ResponseMetadataTypeDef

class UpdateGlobalTableOutputTypeDef(TypedDict):
    GlobalTableDescription: GlobalTableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class UpdateGlobalTableSettingsOutputTypeDef(TypedDict):
    GlobalTableName: str
    ReplicaSettings: list[ReplicaSettingsDescriptionTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef

class UpdateKinesisStreamingDestinationOutputTypeDef(TypedDict):
    TableName: str
    StreamArn: str
    DestinationStatus: Literal["ENABLING", "ACTIVE", "DISABLING", "DISABLED", "ENABLE_FAILED", "UPDATING"]
    UpdateKinesisStreamingConfiguration: UpdateKinesisStreamingConfigurationTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class UpdateTableOutputTypeDef(TypedDict):
    TableDescription: TableDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class UpdateTableReplicaAutoScalingOutputTypeDef(TypedDict):
    TableAutoScalingDescription: TableAutoScalingDescriptionTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class UpdateTimeToLiveOutputTypeDef(TypedDict):
    TimeToLiveSpecification: TimeToLiveSpecificationTypeDef
    ResponseMetadata: ResponseMetadataTypeDef

class Exceptions:
    ClientError: type[_ClientError]
    BackupInUseException: type[_ClientError]
    BackupNotFoundException: type[_ClientError]
    ConditionalCheckFailedException: type[_ClientError]
    ContinuousBackupsUnavailableException: type[_ClientError]
    DuplicateItemException: type[_ClientError]
    ExportConflictException: type[_ClientError]
    ExportNotFoundException: type[_ClientError]
    GlobalTableAlreadyExistsException: type[_ClientError]
    GlobalTableNotFoundException: type[_ClientError]
    IdempotentParameterMismatchException: type[_ClientError]
    ImportConflictException: type[_ClientError]
    ImportNotFoundException: type[_ClientError]
    IndexNotFoundException: type[_ClientError]
    InternalServerError: type[_ClientError]
    InvalidExportTimeException: type[_ClientError]
    InvalidRestoreTimeException: type[_ClientError]
    ItemCollectionSizeLimitExceededException: type[_ClientError]
    LimitExceededException: type[_ClientError]
    PointInTimeRecoveryUnavailableException: type[_ClientError]
    PolicyNotFoundException: type[_ClientError]
    ProvisionedThroughputExceededException: type[_ClientError]
    ReplicaAlreadyExistsException: type[_ClientError]
    ReplicaNotFoundException: type[_ClientError]
    ReplicatedWriteConflictException: type[_ClientError]
    RequestLimitExceeded: type[_ClientError]
    ResourceInUseException: type[_ClientError]
    ResourceNotFoundException: type[_ClientError]
    TableAlreadyExistsException: type[_ClientError]
    TableInUseException: type[_ClientError]
    TableNotFoundException: type[_ClientError]
    ThrottlingException: type[_ClientError]
    TransactionCanceledException: type[_ClientError]
    TransactionConflictException: type[_ClientError]
    TransactionInProgressException: type[_ClientError]
    def from_code(self, error_code: str) -> type[_ClientError]: ...

class Operations:
    meta: ClientMeta
    @property
    def exceptions(self) -> Exceptions: ...
    def can_paginate(self, operation_name: str) -> bool: ...
    def cancel_bulk_operation(self, *, BulkOperationArn: str) -> CancelBulkOperationOutputTypeDef: ...
    def create_backup(self, *, TableName: str, BackupName: str) -> CreateBackupOutputTypeDef: ...
    def create_global_table(
        self, *, GlobalTableName: str, ReplicationGroup: Sequence[ReplicaTypeDef]
    ) -> CreateGlobalTableOutputTypeDef: ...
    def create_table(
        self,
        *,
        TableName: str,
        AttributeDefinitions: Sequence[AttributeDefinitionTypeDef] = ...,
        KeySchema: Sequence[KeySchemaElementTypeDef] = ...,
        LocalSecondaryIndexes: Sequence[LocalSecondaryIndexTypeDef] = ...,
        GlobalSecondaryIndexes: Sequence[GlobalSecondaryIndexTypeDef] = ...,
        BillingMode: Literal["PROVISIONED", "PAY_PER_REQUEST"] = ...,
        ProvisionedThroughput: ProvisionedThroughputTypeDef = ...,
        StreamSpecification: StreamSpecificationTypeDef = ...,
        SSESpecification: SSESpecificationTypeDef = ...,
        Tags: Sequence[TagTypeDef] = ...,
        TableClass: Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"] = ...,
        DeletionProtectionEnabled: bool = ...,
        WarmThroughput: WarmThroughputTypeDef = ...,
        ResourcePolicy: str = ...,
        OnDemandThroughput: OnDemandThroughputTypeDef = ...,
        GlobalTableSourceArn: str = ...,
        GlobalTableSettingsReplicationMode: Literal["ENABLED", "DISABLED", "ENABLED_WITH_OVERRIDES"] = ...,
        VectorIndexes: Sequence[VectorIndexTypeDef] = ...,
    ) -> CreateTableOutputTypeDef: ...
    def delete_backup(self, *, BackupArn: str) -> DeleteBackupOutputTypeDef: ...
    def delete_resource_policy(
        self, *, ResourceArn: str, ExpectedRevisionId: str = ...
    ) -> DeleteResourcePolicyOutputTypeDef: ...
    def delete_table(self, *, TableName: str) -> DeleteTableOutputTypeDef: ...
    def describe_backup(self, *, BackupArn: str) -> DescribeBackupOutputTypeDef: ...
    def describe_bulk_operation(self, *, BulkOperationArn: str) -> DescribeBulkOperationOutputTypeDef: ...
    def describe_continuous_backups(self, *, TableName: str) -> DescribeContinuousBackupsOutputTypeDef: ...
    def describe_contributor_insights(
        self, *, TableName: str, IndexName: str = ...
    ) -> DescribeContributorInsightsOutputTypeDef: ...
    def describe_endpoints(self) -> DescribeEndpointsOutputTypeDef: ...
    def describe_export(self, *, ExportArn: str) -> DescribeExportOutputTypeDef: ...
    def describe_global_table(self, *, GlobalTableName: str) -> DescribeGlobalTableOutputTypeDef: ...
    def describe_global_table_settings(
        self, *, GlobalTableName: str
    ) -> DescribeGlobalTableSettingsOutputTypeDef: ...
    def describe_import(self, *, ImportArn: str) -> DescribeImportOutputTypeDef: ...
    def describe_kinesis_streaming_destination(
        self, *, TableName: str
    ) -> DescribeKinesisStreamingDestinationOutputTypeDef: ...
    def describe_limits(self) -> DescribeLimitsOutputTypeDef: ...
    def describe_table(self, *, TableName: str) -> DescribeTableOutputTypeDef: ...
    def describe_table_replica_auto_scaling(
        self, *, TableName: str
    ) -> DescribeTableReplicaAutoScalingOutputTypeDef: ...
    def describe_time_to_live(self, *, TableName: str) -> DescribeTimeToLiveOutputTypeDef: ...
    def disable_kinesis_streaming_destination(
        self,
        *,
        TableName: str,
        StreamArn: str,
        EnableKinesisStreamingConfiguration: EnableKinesisStreamingConfigurationTypeDef = ...,
    ) -> DisableKinesisStreamingDestinationOutputTypeDef: ...
    def enable_kinesis_streaming_destination(
        self,
        *,
        TableName: str,
        StreamArn: str,
        EnableKinesisStreamingConfiguration: EnableKinesisStreamingConfigurationTypeDef = ...,
    ) -> EnableKinesisStreamingDestinationOutputTypeDef: ...
    def export_table_to_point_in_time(
        self,
        *,
        TableArn: str,
        S3Bucket: str,
        ExportTime: datetime | str | float = ...,
        ClientToken: str = ...,
        S3BucketOwner: str = ...,
        S3Prefix: str = ...,
        S3SseAlgorithm: Literal["AES256", "KMS"] = ...,
        S3SseKmsKeyId: str = ...,
        ExportFormat: Literal["DYNAMODB_JSON", "ION"] = ...,
        ExportType: Literal["FULL_EXPORT", "INCREMENTAL_EXPORT"] = ...,
        IncrementalExportSpecification: IncrementalExportSpecificationTypeDef = ...,
        FilterSpecification: FilterSpecificationTypeDef = ...,
    ) -> ExportTableToPointInTimeOutputTypeDef: ...
    def get_resource_policy(self, *, ResourceArn: str) -> GetResourcePolicyOutputTypeDef: ...
    def import_table(
        self,
        *,
        S3BucketSource: S3BucketSourceTypeDef,
        InputFormat: Literal["DYNAMODB_JSON", "ION", "CSV"],
        TableCreationParameters: TableCreationParametersTypeDef,
        ClientToken: str = ...,
        InputFormatOptions: InputFormatOptionsTypeDef = ...,
        InputCompressionType: Literal["GZIP", "ZSTD", "NONE"] = ...,
    ) -> ImportTableOutputTypeDef: ...
    def list_backups(
        self,
        *,
        TableName: str = ...,
        Limit: int = ...,
        TimeRangeLowerBound: datetime | str | float = ...,
        TimeRangeUpperBound: datetime | str | float = ...,
        ExclusiveStartBackupArn: str = ...,
        BackupType: Literal["USER", "SYSTEM", "AWS_BACKUP", "ALL"] = ...,
    ) -> ListBackupsOutputTypeDef: ...
    def list_bulk_operations(
        self, *, MaxResults: int = ..., NextToken: str = ...
    ) -> ListBulkOperationsOutputTypeDef: ...
    def list_contributor_insights(
        self, *, TableName: str = ..., NextToken: str = ..., MaxResults: int = ...
    ) -> ListContributorInsightsOutputTypeDef: ...
    def list_exports(
        self, *, TableArn: str = ..., MaxResults: int = ..., NextToken: str = ...
    ) -> ListExportsOutputTypeDef: ...
    def list_global_tables(
        self, *, ExclusiveStartGlobalTableName: str = ..., Limit: int = ..., RegionName: str = ...
    ) -> ListGlobalTablesOutputTypeDef: ...
    def list_imports(
        self, *, TableArn: str = ..., PageSize: int = ..., NextToken: str = ...
    ) -> ListImportsOutputTypeDef: ...
    def list_tables(
        self, *, ExclusiveStartTableName: str = ..., Limit: int = ...
    ) -> ListTablesOutputTypeDef: ...
    def list_tags_of_resource(
        self, *, ResourceArn: str, NextToken: str = ...
    ) -> ListTagsOfResourceOutputTypeDef: ...
    def put_resource_policy(
        self,
        *,
        ResourceArn: str,
        Policy: str,
        ExpectedRevisionId: str = ...,
        ConfirmRemoveSelfResourceAccess: bool = ...,
    ) -> PutResourcePolicyOutputTypeDef: ...
    def restore_table_from_backup(
        self,
        *,
        TargetTableName: str,
        BackupArn: str,
        BillingModeOverride: Literal["PROVISIONED", "PAY_PER_REQUEST"] = ...,
        GlobalSecondaryIndexOverride: Sequence[GlobalSecondaryIndexTypeDef] = ...,
        LocalSecondaryIndexOverride: Sequence[LocalSecondaryIndexTypeDef] = ...,
        ProvisionedThroughputOverride: ProvisionedThroughputTypeDef = ...,
        OnDemandThroughputOverride: OnDemandThroughputTypeDef = ...,
        SSESpecificationOverride: SSESpecificationTypeDef = ...,
        VectorIndexOverride: Sequence[VectorIndexTypeDef] = ...,
    ) -> RestoreTableFromBackupOutputTypeDef: ...
    def restore_table_to_point_in_time(
        self,
        *,
        TargetTableName: str,
        SourceTableArn: str = ...,
        SourceTableName: str = ...,
        UseLatestRestorableTime: bool = ...,
        RestoreDateTime: datetime | str | float = ...,
        BillingModeOverride: Literal["PROVISIONED", "PAY_PER_REQUEST"] = ...,
        GlobalSecondaryIndexOverride: Sequence[GlobalSecondaryIndexTypeDef] = ...,
        LocalSecondaryIndexOverride: Sequence[LocalSecondaryIndexTypeDef] = ...,
        ProvisionedThroughputOverride: ProvisionedThroughputTypeDef = ...,
        OnDemandThroughputOverride: OnDemandThroughputTypeDef = ...,
        SSESpecificationOverride: SSESpecificationTypeDef = ...,
        VectorIndexOverride: Sequence[VectorIndexTypeDef] = ...,
    ) -> RestoreTableToPointInTimeOutputTypeDef: ...
    def start_bulk_put_items(
        self,
        *,
        InputS3Configuration: InputS3ConfigurationTypeDef,
        OutputS3Configuration: OutputS3ConfigurationTypeDef,
        TableName: str,
        ClientToken: str = ...,
        MaxWriteRequestUnits: int = ...,
        PerformanceTier: Literal["STANDARD", "ACCELERATED"] = ...,
    ) -> StartBulkPutItemsOutputTypeDef: ...
    def tag_resource(self, *, ResourceArn: str, Tags: Sequence[TagTypeDef]) -> TagResourceOutputTypeDef: ...
    def untag_resource(self, *, ResourceArn: str, TagKeys: Sequence[str]) -> UntagResourceOutputTypeDef: ...
    def update_continuous_backups(
        self, *, TableName: str, PointInTimeRecoverySpecification: PointInTimeRecoverySpecificationTypeDef
    ) -> UpdateContinuousBackupsOutputTypeDef: ...
    def update_contributor_insights(
        self,
        *,
        TableName: str,
        ContributorInsightsAction: Literal["ENABLE", "DISABLE"],
        IndexName: str = ...,
        ContributorInsightsMode: Literal["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"] = ...,
    ) -> UpdateContributorInsightsOutputTypeDef: ...
    def update_global_table(
        self, *, GlobalTableName: str, ReplicaUpdates: Sequence[ReplicaUpdateTypeDef]
    ) -> UpdateGlobalTableOutputTypeDef: ...
    def update_global_table_settings(
        self,
        *,
        GlobalTableName: str,
        GlobalTableBillingMode: Literal["PROVISIONED", "PAY_PER_REQUEST"] = ...,
        GlobalTableProvisionedWriteCapacityUnits: int = ...,
        GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate: AutoScalingSettingsUpdateTypeDef = ...,
        GlobalTableGlobalSecondaryIndexSettingsUpdate: Sequence[
            GlobalTableGlobalSecondaryIndexSettingsUpdateTypeDef
        ] = ...,
        ReplicaSettingsUpdate: Sequence[ReplicaSettingsUpdateTypeDef] = ...,
    ) -> UpdateGlobalTableSettingsOutputTypeDef: ...
    def update_kinesis_streaming_destination(
        self,
        *,
        TableName: str,
        StreamArn: str,
        UpdateKinesisStreamingConfiguration: UpdateKinesisStreamingConfigurationTypeDef = ...,
    ) -> UpdateKinesisStreamingDestinationOutputTypeDef: ...
    def update_table(
        self,
        *,
        TableName: str,
        AttributeDefinitions: Sequence[AttributeDefinitionTypeDef] = ...,
        BillingMode: Literal["PROVISIONED", "PAY_PER_REQUEST"] = ...,
        ProvisionedThroughput: ProvisionedThroughputTypeDef = ...,
        GlobalSecondaryIndexUpdates: Sequence[GlobalSecondaryIndexUpdateTypeDef] = ...,
        StreamSpecification: StreamSpecificationTypeDef = ...,
        SSESpecification: SSESpecificationTypeDef = ...,
        ReplicaUpdates: Sequence[ReplicationGroupUpdateTypeDef] = ...,
        TableClass: Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"] = ...,
        DeletionProtectionEnabled: bool = ...,
        MultiRegionConsistency: Literal["EVENTUAL", "STRONG"] = ...,
        GlobalTableWitnessUpdates: Sequence[GlobalTableWitnessGroupUpdateTypeDef] = ...,
        OnDemandThroughput: OnDemandThroughputTypeDef = ...,
        WarmThroughput: WarmThroughputTypeDef = ...,
        GlobalTableSettingsReplicationMode: Literal["ENABLED", "DISABLED", "ENABLED_WITH_OVERRIDES"] = ...,
        DisassociationProtectionEnabled: bool = ...,
        VectorIndexUpdates: Sequence[VectorIndexUpdateTypeDef] = ...,
    ) -> UpdateTableOutputTypeDef: ...
    def update_table_replica_auto_scaling(
        self,
        *,
        TableName: str,
        GlobalSecondaryIndexUpdates: Sequence[GlobalSecondaryIndexAutoScalingUpdateTypeDef] = ...,
        ProvisionedWriteCapacityAutoScalingUpdate: AutoScalingSettingsUpdateTypeDef = ...,
        ReplicaUpdates: Sequence[ReplicaAutoScalingUpdateTypeDef] = ...,
    ) -> UpdateTableReplicaAutoScalingOutputTypeDef: ...
    def update_time_to_live(
        self, *, TableName: str, TimeToLiveSpecification: TimeToLiveSpecificationTypeDef
    ) -> UpdateTimeToLiveOutputTypeDef: ...

class Paginators:
    @overload
    def get_paginator(self, operation_name: Literal["list_backups"]) -> pages.ListBackupsPaginator: ...
    @overload
    def get_paginator(
        self, operation_name: Literal["list_bulk_operations"]
    ) -> pages.ListBulkOperationsPaginator: ...
    @overload
    def get_paginator(self, operation_name: Literal["list_contributor_insights"]) -> Paginator: ...
    @overload
    def get_paginator(self, operation_name: Literal["list_exports"]) -> Paginator: ...
    @overload
    def get_paginator(self, operation_name: Literal["list_global_tables"]) -> Paginator: ...
    @overload
    def get_paginator(self, operation_name: Literal["list_imports"]) -> Paginator: ...
    @overload
    def get_paginator(self, operation_name: Literal["list_tables"]) -> pages.ListTablesPaginator: ...
    @overload
    def get_paginator(
        self, operation_name: Literal["list_tags_of_resource"]
    ) -> pages.ListTagsOfResourcePaginator: ...
