"""Tables in several Regions: replicas, the older global tables, and the scaling of replicas."""

from tableadmin import v1
from tests.mirror.tables import Table
from tests.mirror.trials import Trials

_REGION, _OTHER_REGION = "us-west-2", "us-east-1"


def replicas(trials: Trials, table: Table) -> None:
    """A replica of a table in another Region (global tables of version 2019.11.21)."""

    def regions() -> list[str]:
        return [replica.region_name for replica in table.now.replicas if replica.region_name != _REGION]

    create = v1.CreateReplicationGroupMemberAction(region_name=_OTHER_REGION)
    trials.call(trials.client.update_table, lambda _: [_OTHER_REGION] == regions(), "replica")(
        table_name=table.name, replica_updates=[v1.ReplicationGroupUpdate(create=create)]
    )


def replica_auto_scaling(trials: Trials, table: Table) -> None:
    """Capacity of replicas that follows the load."""
    client = trials.client
    trials.call(
        client.update_table_replica_auto_scaling,
        lambda it: it.table_auto_scaling_description.table_name == table.name,
    )(
        table_name=table.name,
        provisioned_write_capacity_auto_scaling_update=v1.AutoScalingSettingsUpdate(
            minimum_units=5, maximum_units=50
        ),
    )
    trials.call(
        client.describe_table_replica_auto_scaling,
        lambda it: it.table_auto_scaling_description.table_name == table.name,
    )(table_name=table.name)


def global_tables(trials: Trials, table: Table) -> None:
    """Global tables of version 2017.11.29."""
    client, name = trials.client, table.name
    trials.call(client.create_global_table, lambda it: it.global_table_description.global_table_name == name)(
        global_table_name=name, replication_group=[v1.Replica(region_name=_REGION)]
    )
    trials.call(
        client.describe_global_table, lambda it: it.global_table_description.global_table_name == name
    )(global_table_name=name)
    trials.call(
        client.list_global_tables, lambda it: name in [each.global_table_name for each in it.global_tables]
    )()
    create = v1.CreateReplicaAction(region_name=_OTHER_REGION)
    trials.call(client.update_global_table, lambda it: it.global_table_description.global_table_name == name)(
        global_table_name=name, replica_updates=[v1.ReplicaUpdate(create=create)]
    )
    trials.call(client.describe_global_table_settings, lambda it: len(it.replica_settings) == 2)(
        global_table_name=name
    )
    trials.call(client.update_global_table_settings, lambda it: it.global_table_name == name)(
        global_table_name=name, global_table_provisioned_write_capacity_units=10
    )
