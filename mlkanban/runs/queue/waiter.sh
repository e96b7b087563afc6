# Wait in the queue until the turn of one run comes, then start it.
#
#   sh waiter.sh FOLDER QUEUE RUN PYTHON COMMAND...
#
# FOLDER is the folder of the run: a file `turn` there says that it may start, a file `stop.json`
# that it is to be dropped. SIGURG asks to look: by default it does nothing, so it harms no process
# that does not expect it. QUEUE has a file named after each run of the queue. Every 30 seconds one
# of all waiters looks whether there is a slot, with a PYTHON that lives for a moment.
#
# A shell and not Python: waiting costs some hundred KB of memory. The command line and the
# environment of the job are nowhere but here, since they may hold secrets. A byte on descriptor 3
# says that it waits.

folder=$1 queue=$2 run=$3 python=$4
shift 4
nap='' sleepless=0
# The PATH of the job need not have the tools that are used here.
jobs_path=${PATH-} has_path=${PATH+yes}
PATH=${PATH:+$PATH:}/usr/bin:/bin
printf ! >&3
exec 3>&-

look() {
    if [ -e "$folder/stop.json" ] || [ ! -d "$folder" ]; then
        [ -z "$nap" ] || kill -9 "$nap"
        exit
    fi
    [ -e "$folder/turn" ] || return
    [ -z "$nap" ] || kill -9 "$nap"
    PATH=$jobs_path
    [ "$has_path" ] || unset PATH
    exec "$python" -P -m mlkanban queue begin "$run" -- "$@"
}

# Of all that wait, the first one in each half minute looks for free slots.
tick() {
    touch -c "$folder/start.json"
    [ -e "$queue/$run" ] || (umask 077 && mkdir -p "$queue" && : >"$queue/$run")
    seconds=$(date +%s) || return
    mine=$queue/.look-$((seconds / 30))
    mkdir "$mine" || return
    for other in "$queue"/.look-*; do
        [ "$other" = "$mine" ] || rmdir "$other"
    done
    "$python" -P -m mlkanban queue advance
}

trap 'look "$@"; sleepless=0' URG
while :; do
    look "$@"
    sleep 30 &
    nap=$!
    if wait "$nap"; then
        nap='' sleepless=0
        tick "$@"
    else
        kill -9 "$nap"
        nap='' sleepless=$((sleepless + 1))
        # Where no process can sleep, the loop would never pause.
        [ "$sleepless" -lt 9 ] || exit
    fi
done
