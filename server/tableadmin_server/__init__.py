"""The Table Admin service: DynamoDB table administration over gRPC."""
