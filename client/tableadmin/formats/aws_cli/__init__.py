"""The JSON of the AWS CLI: input of create-table, output of describe-table."""
