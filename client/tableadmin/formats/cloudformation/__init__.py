"""CloudFormation and SAM templates, read into specs and written from them."""
