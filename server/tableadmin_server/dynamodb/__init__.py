"""The only place that calls boto3: endpoints, their calls, and what their errors mean."""
