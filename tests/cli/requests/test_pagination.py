"""What `--prefix` compares of what tablectl lists."""

from tableadmin.cli.requests.pagination import item_name
from tableadmin.pagination import PAGINATION


def test_names_of_items() -> None:
    """An item's name is its own, or else that of its table, or else its first text."""
    assert {rpc: item_name(rpc) for rpc in PAGINATION} == {
        "ListBackups": "backup_name",
        "ListBulkOperations": "bulk_operation_arn",
        "ListContributorInsights": "table_name",
        "ListExports": "export_arn",
        "ListGlobalTables": "global_table_name",
        "ListImports": "table_arn",
        "ListTables": "",
        "ListTagsOfResource": "key",
    }
