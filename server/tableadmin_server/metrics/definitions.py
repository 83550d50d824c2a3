"""The metrics of the server as data: name, type, labels, unit, meaning, and advice for operators.

No label has a value that callers choose, such as a table, principal or request id. Therefore the
configuration and the contract limit the number of series.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
Unit: TypeAlias = Literal["", "seconds", "seconds since 1970", "ratio"]


@dataclass(frozen=True)
class Metric:
    """A metric. MEANING is its help text, ADVICE tells operators what to look at. A histogram has BUCKETS."""

    name: str
    kind: Kind
    meaning: str
    advice: str
    labels: tuple[str, ...] = ()
    unit: Unit = ""
    buckets: tuple[float, ...] = ()


# The upper bounds of buckets in seconds: for calls, for the lag of events, and for steps of operations.
_CALLS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STEPS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)

_RPC = ("grpc_type", "grpc_service", "grpc_method")
_ENDPOINT = ("endpoint",)

# RPCs. The first five have the names and labels of go-grpc-prometheus.
RPCS_STARTED = Metric(
    "grpc_server_started_total",
    "counter",
    "Calls that have begun.",
    "Calls per second, by method: rate().",
    _RPC,
)
RPCS_HANDLED = Metric(
    "grpc_server_handled_total",
    "counter",
    "Calls that have ended, by gRPC code in the spelling of Go, such as NotFound. A method that the server "
    "does not have counts as the service and method 'unknown'.",
    "The share of Unavailable, Internal, ResourceExhausted and DeadlineExceeded among all codes.",
    (*_RPC, "grpc_code"),
)
RPC_MESSAGES_RECEIVED = Metric(
    "grpc_server_msg_received_total",
    "counter",
    "Messages that callers have sent: one for each unary call, any number for a stream of requests.",
    "rate() by method, beside that of grpc_server_started_total.",
    _RPC,
)
RPC_MESSAGES_SENT = Metric(
    "grpc_server_msg_sent_total",
    "counter",
    "Messages that were sent to callers: one for each unary call that succeeded, any number for a stream of "
    "responses.",
    "rate() of Watch: how many events the server sends, which costs CPU time.",
    _RPC,
)
RPCS_HANDLING = Metric(
    "grpc_server_handling_seconds",
    "histogram",
    "Time from the begin of a call to its end; of a stream, the time for which it was open.",
    "histogram_quantile(0.99, ...) of unary calls, by method.",
    _RPC,
    "seconds",
    _CALLS,
)
RPCS_IN_PROGRESS = Metric(
    "tableadmin_calls_in_progress",
    "gauge",
    "Calls that have begun and not ended, open streams among them.",
    "A number of unary calls that only grows: an endpoint hangs, or calls arrive faster than it answers.",
    _RPC,
)
READS_ASKED = Metric(
    "tableadmin_shared_reads_asked_total",
    "counter",
    "Reads that callers have asked for. Identical reads at the same time share a call to the endpoint.",
    "Divided by tableadmin_shared_reads_called_total: how many callers share a call.",
    ("grpc_method",),
)
READS_CALLED = Metric(
    "tableadmin_shared_reads_called_total",
    "counter",
    "Calls to endpoints that were made for the reads of tableadmin_shared_reads_asked_total.",
    "See tableadmin_shared_reads_asked_total.",
    ("grpc_method",),
)

# Calls to endpoints.
ENDPOINT_UP = Metric(
    "tableadmin_endpoint_up",
    "gauge",
    "1 while the endpoint answers, 0 from the first call without an answer until calls succeed again.",
    "Alert on 0 for more than a minute.",
    _ENDPOINT,
)
ENDPOINT_CIRCUIT = Metric(
    "tableadmin_endpoint_circuit_state",
    "gauge",
    "1 for the state of the endpoint's circuit breaker, 0 for the other states. closed: calls are made. "
    "open: calls are refused, because the last ones had no answer. half_open: one call finds out whether "
    "the endpoint is back.",
    "Alert on open: callers get UNAVAILABLE at once.",
    ("endpoint", "state"),
)
ENDPOINT_CALLS = Metric(
    "tableadmin_endpoint_calls_total",
    "counter",
    "Calls to the endpoint that have ended, by operation of AWS and gRPC code. Canceled: the caller left, or "
    "the change was not sent.",
    "The share of each code. ResourceExhausted and Unavailable say that the endpoint is the bottleneck.",
    ("endpoint", "operation", "code"),
)
ENDPOINT_LATENCY = Metric(
    "tableadmin_endpoint_call_seconds",
    "histogram",
    "Time of a call to the endpoint, retries and the wait for a thread included.",
    "The latency of AWS as the service sees it; compare with grpc_server_handling_seconds.",
    _ENDPOINT,
    "seconds",
    _CALLS,
)
ENDPOINT_REQUESTS = Metric(
    "tableadmin_endpoint_requests_total",
    "counter",
    "HTTP requests that were sent to the endpoint, retries included.",
    "Divided by tableadmin_endpoint_calls_total: attempts per call. More than 1.1 means that retries hide "
    "errors.",
    _ENDPOINT,
)
ENDPOINT_THROTTLED = Metric(
    "tableadmin_endpoint_throttled_total",
    "counter",
    "Calls that the endpoint has throttled, after all retries.",
    "Anything but 0: lower background_calls_per_second, or ask AWS for a higher quota.",
    ("endpoint", "operation"),
)
ENDPOINT_REFUSED = Metric(
    "tableadmin_endpoint_refused_total",
    "counter",
    "Calls that the server has refused without calling the endpoint, by the reason of the error, such as "
    "ENDPOINT_OVERLOADED if pool and queue of the endpoint were full.",
    "ENDPOINT_OVERLOADED: raise pool_size and queue_size, or find out why the endpoint is slow.",
    ("endpoint", "reason"),
)
ENDPOINT_HELD = Metric(
    "tableadmin_endpoint_calls_held",
    "gauge",
    "Calls that occupy the pool and the queue of the endpoint: waiting, or being made.",
    "Divided by tableadmin_endpoint_calls_limit: how full pool and queue are.",
    _ENDPOINT,
)
ENDPOINT_LIMIT = Metric(
    "tableadmin_endpoint_calls_limit",
    "gauge",
    "Calls that pool and queue of the endpoint hold at most: pool_size + queue_size.",
    "See tableadmin_endpoint_calls_held.",
    _ENDPOINT,
)
BUDGET_USED = Metric(
    "tableadmin_background_budget_used_ratio",
    "gauge",
    "The part of a second's worth of background calls that is used up: 0 is none, 1 is all.",
    "A value of 1 for minutes: plans, operations and polls wait for background_calls_per_second.",
    _ENDPOINT,
    "ratio",
)
BUDGET_WAITING = Metric(
    "tableadmin_background_calls_waiting",
    "gauge",
    "Background calls that wait for the budget.",
    "A number that grows: background_calls_per_second is too low for what is watched and applied.",
    _ENDPOINT,
)

# Polls and watches.
POLL_LOOPS = Metric(
    "tableadmin_poll_loops",
    "gauge",
    "Poll loops that run, by what they read: a table, the names of all tables, or another resource.",
    "The cost of watches and waits in calls to the endpoint.",
    ("endpoint", "kind"),
)
POLLS = Metric(
    "tableadmin_polls_total",
    "counter",
    "Polls that have ended, by outcome: answered or failed.",
    "rate() is the load of watches and waits on the endpoint; failed polls make watches stale.",
    ("endpoint", "outcome"),
)
WATCHERS = Metric(
    "tableadmin_watchers",
    "gauge",
    "Open watches and waits.",
    "The number of streams that connect again after a restart.",
    _ENDPOINT,
)
EVENT_LAG = Metric(
    "tableadmin_watch_event_lag_seconds",
    "histogram",
    "Time from the poll that has seen a change until the event is made for a watch. Snapshots do not count.",
    "histogram_quantile(0.99, ...): more than a second means that the event loop is too busy.",
    _ENDPOINT,
    "seconds",
    _LAGS,
)

# Operations.
OPERATIONS = Metric(
    "tableadmin_operations",
    "gauge",
    "Operations that this server holds, by state.",
    "PENDING for minutes: concurrent_operations is too low, or the checks of a request hang.",
    ("endpoint", "state"),
)
OPERATION_OLDEST = Metric(
    "tableadmin_operation_oldest_age_seconds",
    "gauge",
    "Age of the oldest operation that this server holds, 0 without operations.",
    "More than the longest change that you expect, such as a new index of a large table.",
    _ENDPOINT,
    "seconds",
)
APPROVALS_WAITING = Metric(
    "tableadmin_approvals_waiting",
    "gauge",
    "Operations in the operations table that wait for approval, whichever server wrote them, as of the last "
    "search. Every server counts them: use max().",
    "A number above 0 for hours: nobody approves.",
    _ENDPOINT,
)
LIVE_SERVERS = Metric(
    "tableadmin_live_servers",
    "gauge",
    "Servers that run and share the operations table, this one included, as far as this server knows. They "
    "divide the budgets of the endpoint.",
    "For a minute not the number of your replicas: a replica does not reach the operations table.",
    _ENDPOINT,
)
OPERATIONS_ENDED = Metric(
    "tableadmin_operations_ended_total",
    "counter",
    "Operations that this server has ended, by state.",
    "The share of FAILED and ABORTED.",
    ("endpoint", "state"),
)
OPERATION_DURATION = Metric(
    "tableadmin_operation_seconds",
    "histogram",
    "Time from the request for an operation to the end of the operation, by state.",
    "How long changes take, the wait for approval included.",
    ("endpoint", "state"),
    "seconds",
    _STEPS,
)
STEP_DURATION = Metric(
    "tableadmin_operation_step_seconds",
    "histogram",
    "Time from a call of an operation until its next call or its end: the call, and the wait for the table.",
    "Which kinds of changes take the most time.",
    ("endpoint", "operation"),
    "seconds",
    _STEPS,
)
TAKEOVERS = Metric(
    "tableadmin_operation_takeovers_total",
    "counter",
    "Operations that this server has taken over from other servers.",
    "More than restarts explain: servers lose their leases.",
    _ENDPOINT,
)
LEASE_RENEWALS = Metric(
    "tableadmin_lease_renewals_total",
    "counter",
    "Heartbeats of this server, by outcome: written or failed.",
    "Failed heartbeats for longer than operation_lease: other servers take the operations over.",
    ("endpoint", "outcome"),
)

# Security.
DECISIONS = Metric(
    "tableadmin_policy_decisions_total",
    "counter",
    "Decisions by policies, by outcome: allowed, denied, or approval_required. A filtered listing has one "
    "for each table.",
    "A jump of denied: a policy has changed, or a caller tries calls that are not permitted.",
    ("outcome",),
)
POLICY_LOADS = Metric(
    "tableadmin_policy_loads_total",
    "counter",
    "Loads of the policies of the folder, by outcome: loaded or refused.",
    "Refused: the old policies still decide; the log names the problems.",
    ("outcome",),
)
POLICIES_LOADED_AT = Metric(
    "tableadmin_policies_loaded_timestamp_seconds",
    "gauge",
    "When the policies in use were loaded.",
    "Whether a rollout of policies has reached each server.",
    unit="seconds since 1970",
)
FAILED_LOGINS = Metric(
    "tableadmin_failed_logins_total",
    "counter",
    "Calls with wrong credentials, by outcome: denied after a check of the credentials, or refused without "
    "a check because the address had used up failed_logins_per_minute.",
    "A jump: an attacker guesses credentials, or a token was rotated without its clients.",
    ("outcome",),
)
LIMITS_REFUSED = Metric(
    "tableadmin_limit_refusals_total",
    "counter",
    "Calls refused because their caller was past a limit: calls_per_second, concurrent_calls or streams.",
    "The log of calls names the principal.",
    ("limit",),
)
AUDIT_RECORDS = Metric(
    "tableadmin_audit_records_total",
    "counter",
    "Audit records, by outcome: written; failed, once for each attempt to write the record; lost, if too "
    "many records could not be written.",
    "Failed or lost: changes are refused, and the log says why.",
    ("outcome",),
)
AUDIT_WAITING = Metric(
    "tableadmin_audit_records_waiting",
    "gauge",
    "Audit records that are not written yet, including those whose write has failed.",
    "A number that grows: the destination is too slow or refuses writes.",
)
AUDIT_LAG = Metric(
    "tableadmin_audit_lag_seconds",
    "gauge",
    "Age of the oldest audit record that is not written yet, 0 if all are written.",
    "Alert on more than a few seconds: changes wait for their records.",
    unit="seconds",
)
CREDENTIAL_LOADS = Metric(
    "tableadmin_authenticator_loads_total",
    "counter",
    "Loads of tokens_file, of jwks_file or of the keys of an issuer, by outcome: loaded or refused. A file "
    "counts at the start and when it has changed, the keys of an issuer at each fetch.",
    "Refused: the old tokens or keys are still in use; the log names the problem.",
    ("authenticator", "outcome"),
)
CERTIFICATE_EXPIRY = Metric(
    "tableadmin_certificate_expiry_timestamp_seconds",
    "gauge",
    "When the certificate of a listener expires.",
    "Alert when (value - time()) is less than a week.",
    ("listener",),
    "seconds since 1970",
)
CERTIFICATE_LOADS = Metric(
    "tableadmin_certificate_loads_total",
    "counter",
    "Loads of changed certificate files of a listener, by outcome: loaded or refused.",
    "Refused: the old certificate is still in use; the log names the problem.",
    ("listener", "outcome"),
)

# The process.
BUILD_INFO = Metric(
    "tableadmin_build_info",
    "gauge",
    "Always 1; the labels have the versions of the service, of Python, gRPC and botocore.",
    "Which version each server runs.",
    ("version", "python_version", "grpc_version", "botocore_version"),
)
HEALTHY = Metric(
    "tableadmin_healthy",
    "gauge",
    "1 while health checks report the server as SERVING, else 0.",
    "Alert on 0.",
)
LOOP_FAILURES = Metric(
    "tableadmin_background_loop_failures_total",
    "counter",
    "Unexpected errors in background loops, by loop. The loop continues after a pause.",
    "Anything but 0 is a defect: the log has the error.",
    ("loop",),
)
LOOP_DELAY = Metric(
    "tableadmin_event_loop_delay_seconds",
    "gauge",
    "Time that the event loop took to run a callback of this scrape, at most 1.",
    "More than 0.1: the server is short of CPU, or something blocks the event loop.",
    unit="seconds",
)
LOOP_TASKS = Metric(
    "tableadmin_event_loop_tasks",
    "gauge",
    "Tasks of the event loop: of calls in progress, open streams and background loops.",
    "A number that grows while the number of calls in progress does not: a leak.",
)

# The metrics by topic, in the order of docs/reference/metrics.md.
TOPICS: tuple[tuple[str, tuple[Metric, ...]], ...] = (
    (
        "Calls of the service",
        (
            RPCS_STARTED,
            RPCS_HANDLED,
            RPC_MESSAGES_RECEIVED,
            RPC_MESSAGES_SENT,
            RPCS_HANDLING,
            RPCS_IN_PROGRESS,
            READS_ASKED,
            READS_CALLED,
        ),
    ),
    (
        "Calls to endpoints",
        (
            ENDPOINT_UP,
            ENDPOINT_CIRCUIT,
            ENDPOINT_CALLS,
            ENDPOINT_LATENCY,
            ENDPOINT_REQUESTS,
            ENDPOINT_THROTTLED,
            ENDPOINT_REFUSED,
            ENDPOINT_HELD,
            ENDPOINT_LIMIT,
            BUDGET_USED,
            BUDGET_WAITING,
        ),
    ),
    ("Polls and watches", (POLL_LOOPS, POLLS, WATCHERS, EVENT_LAG)),
    (
        "Operations",
        (
            OPERATIONS,
            OPERATION_OLDEST,
            APPROVALS_WAITING,
            LIVE_SERVERS,
            OPERATIONS_ENDED,
            OPERATION_DURATION,
            STEP_DURATION,
            TAKEOVERS,
            LEASE_RENEWALS,
        ),
    ),
    (
        "Security",
        (
            DECISIONS,
            POLICY_LOADS,
            POLICIES_LOADED_AT,
            FAILED_LOGINS,
            LIMITS_REFUSED,
            AUDIT_RECORDS,
            AUDIT_WAITING,
            AUDIT_LAG,
            CREDENTIAL_LOADS,
            CERTIFICATE_EXPIRY,
            CERTIFICATE_LOADS,
        ),
    ),
    ("The process", (BUILD_INFO, HEALTHY, LOOP_FAILURES, LOOP_DELAY, LOOP_TASKS)),
)
METRICS: tuple[Metric, ...] = tuple(metric for _, metrics in TOPICS for metric in metrics)
