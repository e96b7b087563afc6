# Watch over one run: give signs of life, and write end.json once the job has ended.
#
#   sh supervisor.sh FOLDER JOB SESSION PYTHON QUEUE KILLS COUNTER...
#
# FOLDER is the folder of the run, JOB the pid of the shell around the job, which leads its process
# group in SESSION. Where runs wait in the folder QUEUE, PYTHON gives the next one its turn at the
# end. The COUNTERs are files that count processes killed for lack of memory, KILLS is
# their sum before the job began. Descriptor 4 is start.json, which is known even where the job
# removes the folder of its run. On descriptor 3 the shell around the job writes the exit status; an
# end of file without one means that this shell was killed. A byte on descriptor 5 starts the job,
# one on 6 says that it is started.
#
# A shell and not Python: waiting costs some hundred KB of memory, where a fork of the program has
# 21 MB. Only POSIX: `sh` may be dash, bash (3.2 on a Mac) or busybox. /proc may be missing.

umask 077
# The PATH of the job need not have the tools that are used here.
PATH=${PATH:+$PATH:}/usr/bin:/bin

# The processes killed for lack of memory by now, in `killed`.
oom_kills() {
    killed=0
    for counter do
        while read -r name value; do
            [ "$name" != oom_kill ] || killed=$((killed + value))
        done <"$counter"
    done
}

# Give a sign of life. A job may have removed the folder of its own run, without which its end would
# be lost: the folder is created again.
keep() {
    if [ -d "$folder" ]; then
        touch -c "$folder/start.json"
        return
    fi
    mkdir -p "$folder" || return
    : >"$folder/out.log"
    printf '%s\n' "$start" >"$folder/.start.tmp" && mv "$folder/.start.tmp" "$folder/start.json"
    echo 'mlkanban: the folder of this run was removed, with all it wrote and its values' \
        >"$folder/err.log"
}

# Whether the supervisor is alive. Where nobody waits for it, a killed one stays as a zombie.
supervised() {
    kill -0 $$ || return
    [ -r /proc/$$/stat ] || return 0
    read -r line </proc/$$/stat || return
    case ${line##*\) } in
    [ZXx]*) return 1 ;;
    esac
}

# A sign of life every 10 seconds, as long as the supervisor lives. Where no process can sleep there
# is none: the loop would never pause.
heart() {
    nap='' sleepless=0
    trap 'kill -9 $nap; exit' USR1
    while :; do
        sleep 10 &
        nap=$!
        wait "$nap" && sleepless=0 || sleepless=$((sleepless + 1))
        [ "$sleepless" -lt 5 ] || exit
        supervised || exit
        keep
    done
}

# Whether any process of the job's group is alive, zombies aside.
job_lives() {
    kill -0 "-$job" || return
    [ -r /proc/self/stat ] || return 0
    for stat in /proc/[0-9]*/stat; do
        read -r line <"$stat" || continue
        # shellcheck disable=SC2086 # to be split: state, parent, group, session
        set -- ${line##*\) }
        case $1 in
        [ZXx]) continue ;;
        esac
        [ "$3 $4" != "$job $session" ] || return 0
    done
    return 1
}

# The exit status that the shell around the job wrote to a file, in `code`; '' without one.
written() {
    code=
    [ ! -r "$folder/rc" ] || read -r code <"$folder/rc"
}

describe_end() {
    case $code in
    '' | *[!0-9]*) code=null ;;
    esac
    # Fractions of seconds are no part of POSIX: some write `.N`, some nothing.
    ended=$(date -u +%Y-%m-%dT%H:%M:%S.%N)
    case $ended in
    *.*[!0-9]* | *.) ended=${ended%.*} ;;
    esac
    end="{\"v\": 1, \"exit\": $code, \"ended\": \"${ended}Z\", \"oom\": $oom}"
}

write_end() {
    draft=$folder/.end.$$.tmp
    # Not every dd can fsync.
    if printf '%s\n' "$end" | dd of="$draft" conv=fsync || printf '%s\n' "$end" >"$draft"; then
        mv -f "$draft" "$folder/end.json" && return
    fi
    rm -f "$draft"
    return 1
}

supervise() {
    folder=$1 job=$2 session=$3 python=$4 queue=$5 before=$6
    shift 6
    start=$(cat <&4)
    exec 4<&-
    heart 3<&- 5>&- 6>&- &
    heart=$!
    printf ! >&5
    printf ! >&6
    exec 5>&- 6>&-
    code=
    read -r code <&3
    kill -USR1 "$heart"
    kill -CONT "$heart" # it may have been stopped
    wait "$heart"
    keep
    if [ -z "$code" ]; then
        written
        # The shell was killed without the job: that goes on, so it is waited for.
        while [ -z "$code" ] && job_lives; do
            sleep 1 || exit
            keep
            written
        done
    fi
    oom_kills "$@"
    oom=false
    [ "$killed" -le "$before" ] || oom=true
    [ $# -gt 0 ] || oom=null # nothing counts here
    describe_end
    # A full disk is a usual end of a training, and somebody will make room within a week.
    tries=60480
    until write_end; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] && sleep 10 || exit
        keep
    done
    for waiting in "$queue"/*; do
        [ ! -e "$waiting" ] || exec "$python" -P -m mlkanban queue advance
        return
    done
}

# In one piece with the exit, so that the file may be replaced while it runs.
supervise "$@"; exit
