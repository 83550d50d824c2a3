"""What every engine should have: tables and their changes, time to live, tags, limits, endpoints."""

from tableadmin import v1
from tests.mirror.tables import ATTRIBUTES, CAPACITY, KEYS, Table
from tests.mirror.trials import INDEX_SECONDS, Trials

_INDEX = "GenreIndex"
_GENRE = v1.AttributeDefinition(
    attribute_name="Genre", attribute_type=v1.ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
)
_OTHER_CAPACITY = v1.ProvisionedThroughput(read_capacity_units=7, write_capacity_units=6)


def lifecycle(trials: Trials, table: Table) -> None:
    """A table from its creation to its end."""
    client, new = trials.client, table.named("new")
    trials.call(client.create_table, lambda _: new.is_active())(
        table_name=new.name,
        key_schema=KEYS,
        attribute_definitions=ATTRIBUTES,
        provisioned_throughput=CAPACITY,
        stream_specification=v1.StreamSpecification(
            stream_enabled=True, stream_view_type=v1.StreamViewType.STREAM_VIEW_TYPE_NEW_IMAGE
        ),
    )
    trials.call(client.describe_table, lambda it: KEYS == list(it.table.key_schema))(table_name=new.name)
    trials.call(client.list_tables, lambda it: [new.name] == list(it.table_names))(
        exclusive_start_table_name=table.name, limit=1
    )
    trials.call(client.delete_table, lambda _: new.is_gone())(table_name=new.name)


def changes(trials: Trials, table: Table) -> None:
    """What UpdateTable changes, one call each as DynamoDB wants it."""
    update = trials.client.update_table

    def capacity(_: v1.UpdateTableResponse) -> bool:
        return table.now.provisioned_throughput.read_capacity_units == 7 and table.is_active()

    trials.call(update, capacity)(table_name=table.name, provisioned_throughput=_OTHER_CAPACITY)
    _index_changes(trials, table)

    def on_demand(_: v1.UpdateTableResponse) -> bool:
        mode = table.now.billing_mode_summary.billing_mode
        return mode == v1.BillingMode.BILLING_MODE_PAY_PER_REQUEST and table.is_active()

    trials.call(update, on_demand, "billing mode", INDEX_SECONDS)(
        table_name=table.name, billing_mode=v1.BillingMode.BILLING_MODE_PAY_PER_REQUEST
    )

    def streamed(_: v1.UpdateTableResponse) -> bool:
        return table.now.stream_specification.stream_enabled and table.is_active()

    trials.call(update, streamed, "stream")(
        table_name=table.name,
        stream_specification=v1.StreamSpecification(
            stream_enabled=True, stream_view_type=v1.StreamViewType.STREAM_VIEW_TYPE_KEYS_ONLY
        ),
    )
    _settings(trials, table)
    _protection(trials, table)


def _index_changes(trials: Trials, table: Table) -> None:
    def indexed(_: v1.UpdateTableResponse) -> bool:
        names = [index.index_name for index in table.now.global_secondary_indexes]
        return [_INDEX] == names and table.is_active()

    was_indexed = False

    def not_indexed(_: v1.UpdateTableResponse) -> bool:
        return was_indexed and not table.now.global_secondary_indexes and table.is_active()

    create = v1.CreateGlobalSecondaryIndexAction(
        index_name=_INDEX,
        key_schema=[v1.KeySchemaElement(attribute_name="Genre", key_type=v1.KeyType.KEY_TYPE_HASH)],
        projection=v1.Projection(projection_type=v1.ProjectionType.PROJECTION_TYPE_ALL),
        provisioned_throughput=CAPACITY,
    )
    delete = v1.DeleteGlobalSecondaryIndexAction(index_name=_INDEX)
    trials.call(trials.client.update_table, indexed, "index created", INDEX_SECONDS)(
        table_name=table.name,
        attribute_definitions=[*ATTRIBUTES, _GENRE],
        global_secondary_index_updates=[v1.GlobalSecondaryIndexUpdate(create=create)],
    )
    was_indexed = bool(table.now.global_secondary_indexes)
    trials.call(trials.client.update_table, not_indexed, "index deleted", INDEX_SECONDS)(
        table_name=table.name, global_secondary_index_updates=[v1.GlobalSecondaryIndexUpdate(delete=delete)]
    )


def _settings(trials: Trials, table: Table) -> None:
    update = trials.client.update_table
    infrequent = v1.TableClass.TABLE_CLASS_STANDARD_INFREQUENT_ACCESS
    trials.call(update, lambda _: infrequent == table.now.table_class_summary.table_class, "table class")(
        table_name=table.name, table_class=infrequent
    )
    enabled = v1.SSEStatus.SSE_STATUS_ENABLED
    trials.call(update, lambda _: enabled == table.now.sse_description.status, "encryption")(
        table_name=table.name,
        sse_specification=v1.SSESpecification(enabled=True, sse_type=v1.SSEType.SSE_TYPE_KMS),
    )
    trials.call(
        update, lambda _: table.now.on_demand_throughput.max_read_request_units == 100, "on-demand throughput"
    )(table_name=table.name, on_demand_throughput=v1.OnDemandThroughput(max_read_request_units=100))
    trials.call(
        update, lambda _: table.now.warm_throughput.read_units_per_second == 13_000, "warm throughput"
    )(
        table_name=table.name,
        warm_throughput=v1.WarmThroughput(read_units_per_second=13_000, write_units_per_second=5_000),
    )


def _protection(trials: Trials, table: Table) -> None:
    update = trials.client.update_table
    protected = trials.call(update, lambda _: table.now.deletion_protection_enabled, "deletion protection")
    protected(table_name=table.name, deletion_protection_enabled=True)
    if table.now.deletion_protection_enabled:
        update(table_name=table.name, deletion_protection_enabled=False)


def time_to_live(trials: Trials, table: Table) -> None:
    """Items that expire."""
    client = trials.client
    specification = v1.TimeToLiveSpecification(enabled=True, attribute_name="Expires")
    enabled = v1.TimeToLiveStatus.TIME_TO_LIVE_STATUS_ENABLED
    disabled = v1.TimeToLiveStatus.TIME_TO_LIVE_STATUS_DISABLED
    updated = trials.call(
        client.update_time_to_live, lambda it: specification == it.time_to_live_specification
    )(table_name=table.name, time_to_live_specification=specification)
    expected = enabled if updated.time_to_live_specification.enabled else disabled
    trials.call(
        client.describe_time_to_live,
        lambda it: expected == it.time_to_live_description.time_to_live_status,
    )(table_name=table.name)


def tags(trials: Trials, table: Table) -> None:
    """Tags of a table."""
    client, arn = trials.client, table.arn
    team, stage = v1.Tag(key="team", value="music"), v1.Tag(key="stage", value="test")

    def now() -> list[v1.Tag]:
        return sorted(client.list_tags_of_resource(resource_arn=arn).tags, key=lambda tag: tag.key)

    trials.call(client.tag_resource, lambda _: [stage, team] == now())(resource_arn=arn, tags=[team, stage])
    trials.call(client.untag_resource, lambda _: [team] == now())(resource_arn=arn, tag_keys=["stage"])
    trials.call(client.list_tags_of_resource, lambda it: [team] == list(it.tags))(resource_arn=arn)


def account(trials: Trials, table: Table) -> None:
    """What belongs to no table."""
    assert table.arn
    client = trials.client
    trials.call(client.describe_limits, lambda it: it.table_max_read_capacity_units > 0)()
    trials.call(client.describe_endpoints, lambda it: bool(it.endpoints[0].address))()
