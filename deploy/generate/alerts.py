"""The alerts as data: when they fire, what they mean, and what to do.

deploy/prometheus/alerts.yml, the PrometheusRule of Kubernetes and docs/operate/alerts.md are made
from ALERTS.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["critical", "warning"]


@dataclass(frozen=True)
class Alert:
    """An alert that fires when EXPRESSION has had a result for the time LASTS, in Prometheus's notation.

    SUMMARY is the text of the notification. It names labels as Prometheus's templates do. MEANING, CAUSES
    and ACTIONS are sentences for the person who gets the alert.
    """

    name: str
    severity: Severity
    expression: str
    lasts: str
    summary: str
    meaning: str
    causes: tuple[str, ...]
    actions: tuple[str, ...]


# By topic. Each topic is a group of rules.
TOPICS: tuple[tuple[str, tuple[Alert, ...]], ...] = (
    (
        "servers",
        (
            Alert(
                "TableAdminDown",
                "critical",
                'up{job="tableadmin"} == 0',
                "2m",
                "Prometheus cannot scrape the server {{ $labels.instance }}.",
                "The server does not answer Prometheus. Its callers probably get no answer either.",
                (
                    "The process has ended, or the machine or the network is down.",
                    "The metrics address has changed, or a network policy blocks Prometheus.",
                ),
                (
                    "Look whether the process runs, and read the last lines of its log.",
                    (
                        "If the server answers its callers, compare `--metrics-address` with the target of "
                        "Prometheus."
                    ),
                ),
            ),
            Alert(
                "TableAdminAbsent",
                "critical",
                'absent(up{job="tableadmin"})',
                "5m",
                "Prometheus knows no server of tableadmin.",
                "Prometheus has no target in the job `tableadmin`. The other alerts cannot fire.",
                (
                    "No server is deployed, or all were removed.",
                    "The job has another name: the alerts expect `tableadmin`.",
                ),
                (
                    "Look at the targets of Prometheus, and at the replicas of the deployment.",
                    "If the job has another name, change the name in the rules.",
                ),
            ),
            Alert(
                "TableAdminNotServing",
                "critical",
                "tableadmin_healthy == 0",
                "2m",
                "The server {{ $labels.instance }} reports NOT_SERVING.",
                "Health checks fail, so load balancers and Kubernetes send the server no new calls.",
                (
                    "A background loop has failed five times in a row.",
                    "The embedded engine does not run.",
                    "The server has been stopping for longer than its grace period.",
                ),
                ("Read the log: `background loop failed` names the loop and has the error.",),
            ),
            Alert(
                "TableAdminRestarts",
                "warning",
                'changes(process_start_time_seconds{job="tableadmin"}[30m]) > 2',
                "0m",
                "The server {{ $labels.instance }} has restarted more than twice in 30 minutes.",
                "The server does not stay up. Watches connect again at each restart, and other servers take "
                "its operations over.",
                (
                    "The process uses more memory than its limit and is killed.",
                    "The liveness probe fails because the event loop hangs.",
                ),
                (
                    "Look at the exit code and the reason of the last end (`kubectl describe pod`).",
                    (
                        "If the reason is memory, compare `process_resident_memory_bytes` with the "
                        "limit, and raise "
                        "the limit or add replicas."
                    ),
                ),
            ),
            Alert(
                "TableAdminVersionsDiffer",
                "warning",
                "count(count by (version) (tableadmin_build_info)) > 1",
                "1h",
                "Servers of different versions have run beside each other for an hour.",
                "A rollout has not ended. Servers of different versions work with the same operations table.",
                (
                    "New pods do not become ready, so the old ones stay.",
                    "A part of the servers is deployed in another way and was forgotten.",
                ),
                (
                    "Look at the rollout (`kubectl rollout status deployment/tableadmin`).",
                    "Finish the rollout or go back.",
                ),
            ),
            Alert(
                "TableAdminEventLoopBusy",
                "warning",
                "tableadmin_event_loop_delay_seconds > 0.1",
                "5m",
                "The event loop of {{ $labels.instance }} is late by more than 100 ms.",
                "Every call to this server takes longer by about this time.",
                (
                    "The server does not get the CPU time that it needs.",
                    "Large requests, such as plans of many tables, keep the event loop busy.",
                ),
                (
                    (
                        "Compare `rate(process_cpu_seconds_total[5m])` with the CPU limit. One server "
                        "uses about one "
                        "core. Add replicas."
                    ),
                    "If the CPU is idle, look in the log for the calls that took long.",
                ),
            ),
            Alert(
                "TableAdminEventLoopStuck",
                "critical",
                "tableadmin_event_loop_delay_seconds >= 1",
                "1m",
                "The event loop of {{ $labels.instance }} does not run.",
                "The server answers no calls. The delay is measured up to 1 second.",
                ("Something blocks the event loop. This is a defect.", "The process gets no CPU time."),
                (
                    "Restart the server if the liveness probe has not done that yet.",
                    "Report the defect with the last lines of the log.",
                ),
            ),
            Alert(
                "TableAdminLoopFailures",
                "warning",
                "increase(tableadmin_background_loop_failures_total[15m]) > 0",
                "0m",
                "The background loop {{ $labels.loop }} of {{ $labels.instance }} has failed.",
                "A background loop ended with an unexpected error. The loop goes on after a pause.",
                ("This is a defect, of the server or of what an endpoint answers.",),
                (
                    "Read the log: `background loop failed` has the error.",
                    "Report the defect. If the failures go on, the server reports NOT_SERVING.",
                ),
            ),
            Alert(
                "TableAdminDescriptors",
                "warning",
                'process_open_fds{job="tableadmin"} / process_max_fds{job="tableadmin"} > 0.8',
                "5m",
                "The server {{ $labels.instance }} uses more than 80 % of its file descriptors.",
                "Without free descriptors the server takes no new connections and makes no new calls.",
                ("Many clients have a connection each.", "Clients open connections and do not close them."),
                (
                    "Raise the limit (`ulimit -n`, `LimitNOFILE`), or add replicas.",
                    "Let clients keep one channel for all their calls.",
                ),
            ),
        ),
    ),
    (
        "calls",
        (
            Alert(
                "TableAdminErrors",
                "critical",
                'sum by (grpc_service) (rate(grpc_server_handled_total{grpc_type="unary",'
                'grpc_code=~"Internal|Unavailable|Unknown|DataLoss|DeadlineExceeded"}[5m]))'
                ' / sum by (grpc_service) (rate(grpc_server_handled_total{grpc_type="unary"}[5m])) > 0.05',
                "10m",
                "More than 5 % of the calls of {{ $labels.grpc_service }} fail.",
                "Callers get errors that they did not cause.",
                (
                    "An endpoint does not answer or answers slowly: Unavailable, DeadlineExceeded.",
                    "The audit trail cannot be written, so changes are refused: Unavailable.",
                    "The server has a defect: Internal, Unknown.",
                ),
                (
                    "Look at the codes and the methods in the dashboard, and at the other alerts.",
                    "The log has a line for each call, with the reason and the request id.",
                ),
            ),
            Alert(
                "TableAdminSlowCalls",
                "warning",
                "histogram_quantile(0.99, sum by (le, grpc_method) (rate("
                'grpc_server_handling_seconds_bucket{grpc_type="unary"}[5m]))) > 5',
                "15m",
                "One call of {{ $labels.grpc_method }} in a hundred takes more than 5 seconds.",
                "Calls take so long that callers reach their deadlines.",
                (
                    "The endpoint is slow, or throttles and the server tries again.",
                    "Calls wait for a free place in the pool of the endpoint.",
                    "The server is short of CPU time.",
                ),
                (
                    (
                        "Compare with `tableadmin_endpoint_call_seconds`: if it is as slow, look at the "
                        "endpoint."
                    ),
                    "Look at `tableadmin_endpoint_calls_held` and `tableadmin_event_loop_delay_seconds`.",
                ),
            ),
        ),
    ),
    (
        "endpoints",
        (
            Alert(
                "TableAdminEndpointDown",
                "critical",
                "tableadmin_endpoint_up == 0",
                "2m",
                "The server {{ $labels.instance }} does not reach the endpoint {{ $labels.endpoint }}.",
                "No DynamoDB answers at the endpoint. Calls to the endpoint fail with UNAVAILABLE. "
                "Calls to other "
                "endpoints go on.",
                (
                    "The network, a proxy, DNS or a VPC endpoint is down, or `endpoint_url` is wrong.",
                    "DynamoDB has an outage in the region.",
                    "Something other than DynamoDB answers, such as the page of a proxy.",
                ),
                (
                    "Read the log: the line for the endpoint has the error.",
                    "Call the endpoint from the same machine or pod, with curl for example.",
                    "The server tries the endpoint again by itself. No restart is needed.",
                ),
            ),
            Alert(
                "TableAdminCircuitOpen",
                "critical",
                'tableadmin_endpoint_circuit_state{state="closed"} == 0',
                "1m",
                "The server {{ $labels.instance }} refuses calls to the endpoint {{ $labels.endpoint }}.",
                "The circuit breaker is open: the last calls had no answer. Callers get UNAVAILABLE at once, "
                "with the reason ENDPOINT_UNREACHABLE.",
                ("The same causes as of TableAdminEndpointDown.",),
                (
                    (
                        "The same as for TableAdminEndpointDown. The first call that is answered closes the "
                        "circuit."
                    ),
                ),
            ),
            Alert(
                "TableAdminEndpointThrottled",
                "warning",
                "sum by (endpoint, operation) (increase(tableadmin_endpoint_throttled_total[10m])) > 0",
                "10m",
                "The endpoint {{ $labels.endpoint }} throttles {{ $labels.operation }}.",
                "Calls fail with RESOURCE_EXHAUSTED after all attempts, because there were too many for the "
                "account.",
                (
                    "All replicas together make more calls than AWS permits. Other programs count too.",
                    "Replicas with different operations tables do not divide `background_calls_per_second`.",
                ),
                (
                    "Lower `background_calls_per_second`.",
                    "Ask AWS for a higher quota.",
                ),
            ),
            Alert(
                "TableAdminEndpointFull",
                "warning",
                "tableadmin_endpoint_calls_held / tableadmin_endpoint_calls_limit > 0.8",
                "5m",
                "The pool and the queue of the endpoint {{ $labels.endpoint }} at {{ "
                "$labels.instance }} are 80 % full.",
                "Calls wait for a thread. When pool and queue are full, the server refuses calls with "
                "RESOURCE_EXHAUSTED (ENDPOINT_OVERLOADED).",
                ("The endpoint is slower than usual.", "Callers ask for more than before."),
                (
                    "Look at `tableadmin_endpoint_call_seconds`.",
                    "If the endpoint is as fast as usual, raise `pool_size` or add replicas.",
                ),
            ),
            Alert(
                "TableAdminEndpointOverloaded",
                "warning",
                "sum by (endpoint) (increase(tableadmin_endpoint_refused_total{"
                'reason="ENDPOINT_OVERLOADED"}[5m])) > 0',
                "5m",
                "Servers refuse calls to the endpoint {{ $labels.endpoint }}, because too many wait.",
                "Callers get RESOURCE_EXHAUSTED with the reason ENDPOINT_OVERLOADED.",
                ("The same causes as of TableAdminEndpointFull.",),
                ("The same as for TableAdminEndpointFull.",),
            ),
            Alert(
                "TableAdminRetries",
                "warning",
                "sum by (endpoint) (rate(tableadmin_endpoint_requests_total[10m]))"
                ' / sum by (endpoint) (rate(tableadmin_endpoint_calls_total{code!="Canceled"}[10m])) > 1.5',
                "15m",
                "Calls to the endpoint {{ $labels.endpoint }} need more than 1.5 requests on average.",
                "Retries hide errors. Calls are slower, and more callers will soon get errors.",
                (
                    "AWS throttles some of the requests.",
                    "The network loses connections, or the endpoint answers with errors of status 500.",
                ),
                (
                    "Look at the metrics of DynamoDB in CloudWatch, and at the network.",
                    "Lower the number of calls as for TableAdminEndpointThrottled.",
                ),
            ),
            Alert(
                "TableAdminBackgroundBudget",
                "warning",
                "tableadmin_background_budget_used_ratio > 0.95 and tableadmin_background_calls_waiting > 0",
                "15m",
                "Background calls to the endpoint {{ $labels.endpoint }} at {{ $labels.instance }} "
                "wait for their budget.",
                "Polls, plans and operations are slower than they could be.",
                ("More tables are watched or changed than `background_calls_per_second` is sufficient for.",),
                ("Raise `background_calls_per_second` if AWS does not throttle. Replicas divide it.",),
            ),
        ),
    ),
    (
        "watches",
        (
            Alert(
                "TableAdminPollsFailing",
                "warning",
                'sum by (endpoint) (rate(tableadmin_polls_total{outcome="failed"}[10m]))'
                " / sum by (endpoint) (rate(tableadmin_polls_total[10m])) > 0.1",
                "10m",
                "More than 10 % of the polls at the endpoint {{ $labels.endpoint }} fail.",
                "Watches and waits show old states of tables.",
                (
                    "The endpoint is down or throttles.",
                    "The role of the server may not read a part of the tables.",
                ),
                (
                    (
                        "Look at `tableadmin_endpoint_calls_total` by code. PermissionDenied: compare "
                        "the role with "
                        "[Permissions at AWS](../reference/iam.md)."
                    ),
                ),
            ),
            Alert(
                "TableAdminEventLag",
                "warning",
                "histogram_quantile(0.99, sum by (le, instance) (rate("
                "tableadmin_watch_event_lag_seconds_bucket[5m]))) > 1",
                "10m",
                "Watches of {{ $labels.instance }} get events more than a second late.",
                "The server makes events more slowly than changes come.",
                ("The server is short of CPU time, or has too many watches.",),
                ("Add replicas. Watch fewer tables, or fewer parts, for each stream.",),
            ),
        ),
    ),
    (
        "operations",
        (
            Alert(
                "TableAdminOperationsFailing",
                "warning",
                "sum by (endpoint) (increase(tableadmin_operations_ended_total{"
                'state=~"FAILED|ABORTED"}[30m])) > 2',
                "0m",
                "Several operations at the endpoint {{ $labels.endpoint }} have failed in 30 minutes.",
                "Applied specs were not carried out. The tables stay as the last successful step left them.",
                (
                    "AWS refuses a change, because of a quota or a missing permission for example.",
                    "A policy was changed after an operation began.",
                    "Something else changes or deletes the tables.",
                ),
                (
                    (
                        "List them: `tablectl operation list --state FAILED`. `tablectl operation show "
                        "ID` has the "
                        "error of each."
                    ),
                    "Correct the cause, and apply the spec again.",
                ),
            ),
            Alert(
                "TableAdminOperationsPending",
                "warning",
                'tableadmin_operations{state="PENDING"} > 0',
                "15m",
                "Operations at {{ $labels.instance }} have not begun for 15 minutes.",
                "The server holds operations whose first call is not made.",
                (
                    "More operations than `concurrent_operations` are under way.",
                    "The checks of a request cannot end, because the endpoint does not answer.",
                ),
                ("Raise `concurrent_operations`. Replicas divide it.", "Look at TableAdminEndpointDown."),
            ),
            Alert(
                "TableAdminOperationOld",
                "warning",
                "tableadmin_operation_oldest_age_seconds > 86400",
                "10m",
                "An operation at the endpoint {{ $labels.endpoint }} has not ended for a day.",
                "The operation still holds its table, so no other operation can change the table.",
                (
                    "AWS builds a large index or copies a large table to a replica.",
                    "The table stays in a state that AWS does not end.",
                    "The endpoint was down for a long time.",
                ),
                (
                    "`tablectl operation list --state RUNNING` shows the operation and what it waits for.",
                    "If the change takes as long as that, wait, or raise the bound of the rule.",
                    "Else cancel the operation (`tablectl operation cancel ID`) and ask AWS.",
                ),
            ),
            Alert(
                "TableAdminApprovalsWaiting",
                "warning",
                "max by (endpoint) (tableadmin_approvals_waiting) > 0",
                "4h",
                "Operations at the endpoint {{ $labels.endpoint }} have waited for approval for 4 hours.",
                "Nobody has approved or rejected an operation. It holds its table meanwhile.",
                ("The approvers do not know of it.",),
                ("`tablectl operation list --state AWAITING_APPROVAL` shows what waits. Tell an approver.",),
            ),
            Alert(
                "TableAdminTakeovers",
                "warning",
                "sum by (endpoint) (increase(tableadmin_operation_takeovers_total[10m])) > 0",
                "30m",
                "Servers take operations at the endpoint {{ $labels.endpoint }} over again and again.",
                "Servers lose their leases. A restart explains takeovers for a few minutes, but not "
                "for half an hour.",
                (
                    "Servers crash.",
                    "Servers are short of CPU time, or cannot write their heartbeats in time.",
                    "`operation_lease` is too short for the endpoint.",
                ),
                ("Look at TableAdminRestarts and TableAdminLeases.", "Raise `operation_lease`."),
            ),
            Alert(
                "TableAdminLeases",
                "warning",
                'increase(tableadmin_lease_renewals_total{outcome="failed"}[5m]) > 0',
                "5m",
                "The server {{ $labels.instance }} cannot renew its lease at {{ $labels.endpoint }}.",
                "Without a heartbeat for `operation_lease`, other servers take the operations over.",
                (
                    "The endpoint is down or throttles.",
                    "The role may not write to the operations table, or the table was deleted.",
                ),
                (
                    (
                        "Read the log. Compare the role with the document `operations-table` in "
                        "[Permissions at AWS](../reference/iam.md)."
                    ),
                ),
            ),
        ),
    ),
    (
        "security",
        (
            Alert(
                "TableAdminAuditFailing",
                "critical",
                "sum by (instance) (increase(tableadmin_audit_records_total{"
                'outcome=~"failed|lost"}[5m])) > 0',
                "1m",
                "The server {{ $labels.instance }} cannot write audit records.",
                "The server refuses changes that it cannot record. Lost records are gone.",
                (
                    "The disk is full, or the file is not writable any more.",
                    "The syslog server does not answer.",
                ),
                ("Read the log, which has the error. Free space, or repair the destination.",),
            ),
            Alert(
                "TableAdminAuditLag",
                "critical",
                "tableadmin_audit_lag_seconds > 10",
                "2m",
                "The audit of {{ $labels.instance }} is late by more than 10 seconds.",
                "Changes wait until their records are written.",
                ("The destination of the records is too slow.",),
                ("Look at the disk or the syslog server. Use a faster one.",),
            ),
            Alert(
                "TableAdminPoliciesRefused",
                "critical",
                'increase(tableadmin_policy_loads_total{outcome="refused"}[15m]) > 0',
                "0m",
                "The server {{ $labels.instance }} has refused changed policies.",
                "The old policies still decide. After a restart with these policies the server does "
                "not start.",
                ("A file in the folder of policies is not valid.",),
                (
                    "Run `tableadmin-server policy check` on the folder. The log names the problems too.",
                    "Correct the policies, or restore the old ones.",
                ),
            ),
            Alert(
                "TableAdminKeysRefused",
                "warning",
                'increase(tableadmin_authenticator_loads_total{outcome="refused"}[15m]) > 0',
                "10m",
                "The server {{ $labels.instance }} cannot load the keys of {{ $labels.authenticator }}.",
                "The old tokens or keys are still in use. Callers with new ones are refused.",
                (
                    "The identity provider does not answer, or a network policy blocks the server.",
                    "A file of tokens or keys is not valid.",
                ),
                ("The log names the problem.",),
            ),
            Alert(
                "TableAdminFailedLogins",
                "warning",
                "sum by (instance) (increase(tableadmin_failed_logins_total[5m])) > 60",
                "5m",
                "The server {{ $labels.instance }} gets many calls with wrong credentials.",
                "Somebody guesses credentials, or a client uses credentials that are not valid any more.",
                (
                    "A token or a certificate was replaced, but not at all clients.",
                    "The keys of the identity provider cannot be fetched.",
                    "An attack.",
                ),
                ("The log and the audit trail have the address of the callers.",),
            ),
            Alert(
                "TableAdminCertificateExpires",
                "warning",
                "tableadmin_certificate_expiry_timestamp_seconds - time() < 7 * 86400",
                "1h",
                "The certificate of the listener {{ $labels.listener }} at {{ $labels.instance }} "
                "expires within a week.",
                "After that time no client can connect.",
                (
                    "The certificate was not renewed.",
                    "The certificate was renewed, but the server has refused the new file.",
                ),
                (
                    "Renew the certificate. The server loads changed files by itself.",
                    "With cert-manager: `kubectl describe certificate tableadmin`.",
                ),
            ),
            Alert(
                "TableAdminCertificateExpiresToday",
                "critical",
                "tableadmin_certificate_expiry_timestamp_seconds - time() < 86400",
                "5m",
                "The certificate of the listener {{ $labels.listener }} at {{ $labels.instance }} "
                "expires within a day.",
                "The same as TableAdminCertificateExpires, with less time left.",
                ("The same causes as of TableAdminCertificateExpires.",),
                ("The same as for TableAdminCertificateExpires.",),
            ),
            Alert(
                "TableAdminCertificateRefused",
                "warning",
                'increase(tableadmin_certificate_loads_total{outcome="refused"}[15m]) > 0',
                "0m",
                "The server {{ $labels.instance }} has refused the new certificate of {{ "
                "$labels.listener }}.",
                "The old certificate is still in use.",
                (
                    "The key does not belong to the certificate, or a file is damaged or not readable.",
                    "The two files were not replaced in one step.",
                ),
                ("The log names the problem. Write both files again.",),
            ),
        ),
    ),
)
ALERTS: tuple[Alert, ...] = tuple(alert for _, alerts in TOPICS for alert in alerts)


def rules() -> dict[str, object]:
    """The alerts as Prometheus reads them from a file."""
    return {
        "groups": [
            {"name": f"tableadmin-{topic}", "rules": [_rule(alert) for alert in alerts]}
            for topic, alerts in TOPICS
        ]
    }


def _rule(alert: Alert) -> dict[str, object]:
    return {
        "alert": alert.name,
        "expr": alert.expression,
        "for": alert.lasts,
        "labels": {"severity": alert.severity},
        "annotations": annotations(alert),
    }


def annotations(alert: Alert) -> dict[str, str]:
    """The texts of a notification, with Prometheus's templates in them."""
    return {"summary": alert.summary, "runbook": f"docs/operate/alerts.md#{alert.name.lower()}"}


_HEAD = """# Alerts

Generated from `deploy/generate/alerts.py` by `make deploy-files`: do not edit.

`deploy/prometheus/alerts.yml` has the rules for Prometheus. `deploy/kubernetes/components/monitoring` has the
same rules as a PrometheusRule. They expect the servers in the job `tableadmin`. Alerts with the severity
`critical` say that calls fail, or that they will soon.
[Metrics](../reference/metrics.md) explains the metrics.
"""


def page() -> str:
    """The text of docs/operate/alerts.md."""
    parts = [_HEAD]
    for topic, alerts in TOPICS:
        parts += [f"## {topic.capitalize()}\n", *map(_section, alerts)]
    return "\n".join(parts)


def _section(alert: Alert) -> str:
    lasts = "at once" if alert.lasts == "0m" else f"after {alert.lasts}"
    lines = [
        f"### {alert.name}\n",
        f"{alert.meaning}\n",
        f"Severity `{alert.severity}`, {lasts}:\n",
        f"```\n{alert.expression}\n```\n",
        "Causes:\n",
        *(f"- {each}" for each in alert.causes),
        "\nWhat to do:\n",
        *(f"- {each}" for each in alert.actions),
        "",
    ]
    return "\n".join(lines)
