"""What copies a table's data: backups and restores, import and export, bulk operations."""

from tableadmin import v1
from tests.mirror.tables import ATTRIBUTES, KEYS, Table
from tests.mirror.trials import Trials

_NONE = "arn:aws:dynamodb:us-west-2:000000000000:table/none"
_BUCKET = "music-archive"
_ON_DEMAND = v1.BillingMode.BILLING_MODE_PAY_PER_REQUEST


def backups(trials: Trials, table: Table) -> None:
    """A backup, the table restored from it, and its end."""
    client, restored = trials.client, table.named("restored")
    available = v1.BackupStatus.BACKUP_STATUS_AVAILABLE
    created = trials.call(client.create_backup, lambda it: it.backup_details.backup_name == "nightly")(
        table_name=table.name, backup_name="nightly"
    )
    arn = created.backup_details.backup_arn or f"{_NONE}/backup/01489602797149-73d8d5bc"
    trials.call(
        client.describe_backup, lambda it: it.backup_description.backup_details.backup_status == available
    )(backup_arn=arn)
    trials.call(client.list_backups, lambda it: [arn] == [each.backup_arn for each in it.backup_summaries])(
        table_name=table.name
    )
    trials.call(client.restore_table_from_backup, lambda _: restored.is_active())(
        target_table_name=restored.name, backup_arn=arn
    )
    trials.call(
        client.delete_backup, lambda _: not client.list_backups(table_name=table.name).backup_summaries
    )(backup_arn=arn)
    restored.delete()


def point_in_time_recovery(trials: Trials, table: Table) -> None:
    """Continuous backups, and a table restored from them."""
    client, restored = trials.client, table.named("restored")
    enabled = v1.PointInTimeRecoveryStatus.POINT_IN_TIME_RECOVERY_STATUS_ENABLED

    def is_enabled(description: v1.ContinuousBackupsDescription) -> bool:
        return description.point_in_time_recovery_description.point_in_time_recovery_status == enabled

    trials.call(client.update_continuous_backups, lambda it: is_enabled(it.continuous_backups_description))(
        table_name=table.name,
        point_in_time_recovery_specification=v1.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
    )
    trials.call(client.describe_continuous_backups, lambda it: is_enabled(it.continuous_backups_description))(
        table_name=table.name
    )
    trials.call(client.restore_table_to_point_in_time, lambda _: restored.is_active())(
        source_table_name=table.name, target_table_name=restored.name, use_latest_restorable_time=True
    )
    restored.delete()


def exports(trials: Trials, table: Table) -> None:
    """An export to Amazon S3."""
    client, table_arn = trials.client, table.arn
    asked = trials.call(
        client.export_table_to_point_in_time, lambda it: it.export_description.s3_bucket == _BUCKET
    )(table_arn=table_arn, s3_bucket=_BUCKET)
    arn = asked.export_description.export_arn or f"{_NONE}/export/01489602797149-73d8d5bc"
    completed = v1.ExportStatus.EXPORT_STATUS_COMPLETED
    trials.call(client.describe_export, lambda it: it.export_description.export_status == completed)(
        export_arn=arn
    )
    trials.call(client.list_exports, lambda it: [arn] == [each.export_arn for each in it.export_summaries])(
        table_arn=table_arn
    )


def imports(trials: Trials, table: Table) -> None:
    """A table made of what lies in Amazon S3."""
    client, imported = trials.client, table.named("imported")
    asked = trials.call(client.import_table, lambda _: imported.is_active())(
        s3_bucket_source=v1.S3BucketSource(s3_bucket=_BUCKET),
        input_format=v1.InputFormat.INPUT_FORMAT_DYNAMODB_JSON,
        table_creation_parameters=v1.TableCreationParameters(
            table_name=imported.name,
            key_schema=KEYS,
            attribute_definitions=ATTRIBUTES,
            billing_mode=_ON_DEMAND,
        ),
    )
    arn = asked.import_table_description.import_arn or f"{_NONE}/import/01489602797149-73d8d5bc"
    completed = v1.ImportStatus.IMPORT_STATUS_COMPLETED
    trials.call(client.describe_import, lambda it: it.import_table_description.import_status == completed)(
        import_arn=arn
    )
    trials.call(client.list_imports, lambda it: arn in [each.import_arn for each in it.import_summary_list])()
    imported.delete()


def bulk_operations(trials: Trials, table: Table) -> None:
    """Items put in bulk from Amazon S3."""
    client = trials.client
    asked = trials.call(
        client.start_bulk_put_items, lambda it: it.bulk_operation_description.bulk_operation_arn != ""
    )(
        table_name=table.name,
        input_s3_configuration=v1.InputS3Configuration(
            s3_bucket=_BUCKET,
            input_format=v1.BulkOperationInputFormat.BULK_OPERATION_INPUT_FORMAT_DYNAMODB_JSON,
        ),
        output_s3_configuration=v1.OutputS3Configuration(
            s3_bucket=_BUCKET, output_type=[v1.OutputTypeEnum.OUTPUT_TYPE_ENUM_ERROR]
        ),
    )
    arn = asked.bulk_operation_description.bulk_operation_arn or f"{_NONE}/bulk-operation/01489602797149"
    trials.call(
        client.describe_bulk_operation, lambda it: it.bulk_operation_description.bulk_operation_arn == arn
    )(bulk_operation_arn=arn)
    trials.call(client.list_bulk_operations, lambda it: len(it.bulk_operations_summary_list) == 1)()
    trials.call(client.cancel_bulk_operation, lambda it: it.bulk_operation_arn == arn)(bulk_operation_arn=arn)
