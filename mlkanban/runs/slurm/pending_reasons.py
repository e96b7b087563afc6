"""Why SLURM lets a job wait, in words: its own names for that are for administrators."""

import re

_WORDS = {
    "Resources": "waiting for free nodes or GPUs",
    "Priority": "jobs with a higher priority come first",
    "Dependency": "waiting for a job it depends on",
    "BeginTime": "its time to begin has not come",
    "JobArrayTaskLimit": "as many tasks of the array run as may run at once",
    "JobHeldUser": "held: scontrol release lets it go",
    "JobHeldAdmin": "held by an administrator",
    "Licenses": "waiting for a licence",
    "Reservation": "waiting for its reservation",
    "ReservationDeleted": "its reservation was deleted",
    "ReqNodeNotAvail": "a node it asks for is not available",
    "NodeDown": "a node it asks for is down",
    "PartitionDown": "its partition is down",
    "PartitionInactive": "its partition takes no jobs now",
    "PartitionNodeLimit": "it asks for more nodes than its partition allows",
    "PartitionTimeLimit": "it asks for more time than its partition allows",
    "PartitionConfig": "it asks for what its partition does not allow",
    "BadConstraints": "no node has what it asks for",
    "AccountNotAllowed": "its account may not use this partition",
    "QOSNotAllowed": "its QOS may not use this partition",
    "InvalidAccount": "its account is not valid",
    "InvalidQOS": "its QOS is not valid",
    "Cleaning": "cleaning up after its last start",
    "Prolog": "its node is being prepared",
    "SchedDefer": "the scheduler has not looked at it yet",
    "MaxRequeueExceeded": "it was put back into the queue too often",
    "JobHoldMaxRequeue": "held: it was put back into the queue too often",
    "launch failed requeued held": "held: it could not be launched",
}
_LIMITS = re.compile(
    r"(?P<whose>QOS|Assoc|Account)\w*?(?P<what>GRES|Gres|Cpu|CPU|Node|Mem|Job|Submit|Wall|Billing)"
)
_OF = {"QOS": "its QOS", "Assoc": "your account", "Account": "your account"}
_WHAT = {
    "gres": "GPUs", "cpu": "CPUs", "node": "nodes", "mem": "memory", "job": "jobs",
    "submit": "submitted jobs", "wall": "time", "billing": "billing units",
}  # fmt: skip


def reason_text(reason: str) -> str:
    """Why a job waits, in words; '' for a reason that is not known here. What stands behind a comma
    (`ReqNodeNotAvail, UnavailableNodes:n1`) are details."""
    name = reason.partition(",")[0].strip()
    if name in _WORDS:
        return _WORDS[name]
    if match := _LIMITS.match(name):
        return f"{_OF[match['whose']]} is at its limit of {_WHAT[match['what'].lower()]}"
    return ""
