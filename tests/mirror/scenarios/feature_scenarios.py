"""What is switched on beside a table: Kinesis destinations, Contributor Insights, resource policies."""

from tableadmin import v1
from tests.mirror.tables import Table
from tests.mirror.trials import Trials

_STREAM = "arn:aws:kinesis:us-west-2:000000000000:stream/music"
_POLICY = '{"Version": "2012-10-17", "Statement": []}'


def kinesis(trials: Trials, table: Table) -> None:
    """A Kinesis data stream that gets a table's changes."""
    client = trials.client
    micro = v1.ApproximateCreationDateTimePrecision.APPROXIMATE_CREATION_DATE_TIME_PRECISION_MICROSECOND
    milli = v1.ApproximateCreationDateTimePrecision.APPROXIMATE_CREATION_DATE_TIME_PRECISION_MILLISECOND
    active = v1.DestinationStatus.DESTINATION_STATUS_ACTIVE
    disabled = v1.DestinationStatus.DESTINATION_STATUS_DISABLED

    def shown() -> v1.DescribeKinesisStreamingDestinationResponse:
        return client.describe_kinesis_streaming_destination(table_name=table.name)

    def precision(it: v1.DescribeKinesisStreamingDestinationResponse) -> int:
        (destination,) = it.kinesis_data_stream_destinations
        return destination.approximate_creation_date_time_precision

    def status(it: v1.DescribeKinesisStreamingDestinationResponse) -> int:
        (destination,) = it.kinesis_data_stream_destinations
        return destination.destination_status

    trials.call(client.enable_kinesis_streaming_destination, lambda _: active == status(shown()))(
        table_name=table.name,
        stream_arn=_STREAM,
        enable_kinesis_streaming_configuration=v1.EnableKinesisStreamingConfiguration(
            approximate_creation_date_time_precision=milli
        ),
    )
    trials.call(client.update_kinesis_streaming_destination, lambda _: micro == precision(shown()))(
        table_name=table.name,
        stream_arn=_STREAM,
        update_kinesis_streaming_configuration=v1.UpdateKinesisStreamingConfiguration(
            approximate_creation_date_time_precision=micro
        ),
    )
    trials.call(client.describe_kinesis_streaming_destination, lambda it: micro == precision(it))(
        table_name=table.name
    )
    trials.call(client.disable_kinesis_streaming_destination, lambda _: disabled == status(shown()))(
        table_name=table.name, stream_arn=_STREAM
    )


def contributor_insights(trials: Trials, table: Table) -> None:
    """Which keys are asked for most."""
    client = trials.client
    enabled = v1.ContributorInsightsStatus.CONTRIBUTOR_INSIGHTS_STATUS_ENABLED
    trials.call(
        client.update_contributor_insights,
        lambda _: (
            client.describe_contributor_insights(table_name=table.name).contributor_insights_status == enabled
        ),
    )(
        table_name=table.name,
        contributor_insights_action=v1.ContributorInsightsAction.CONTRIBUTOR_INSIGHTS_ACTION_ENABLE,
    )
    trials.call(client.describe_contributor_insights, lambda it: it.contributor_insights_status == enabled)(
        table_name=table.name
    )
    trials.call(
        client.list_contributor_insights,
        lambda it: [table.name] == [each.table_name for each in it.contributor_insights_summaries],
    )(table_name=table.name)


def resource_policy(trials: Trials, table: Table) -> None:
    """Who may use a table."""
    client, arn = trials.client, table.arn
    put = trials.call(
        client.put_resource_policy,
        lambda it: it.revision_id == client.get_resource_policy(resource_arn=arn).revision_id,
    )(resource_arn=arn, policy=_POLICY)
    trials.call(client.get_resource_policy, lambda it: _POLICY == it.policy)(resource_arn=arn)
    trials.call(client.delete_resource_policy, lambda it: it.revision_id == put.revision_id)(resource_arn=arn)
