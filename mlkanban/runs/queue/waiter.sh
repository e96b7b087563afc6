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
# environment of the job are nowhere but here, since they may hold secrets.

folder=$1 queue=$2 run=$3 python=$4
shift 4
nap=

look() {
    if [ -e "$folder/stop.json" ] || [ ! -d "$folder" ]; then
        [ -z "$nap" ] || kill -9 "$nap"
        exit
    fi
    [ -e "$folder/turn" ] || return
    [ -z "$nap" ] || kill -9 "$nap"
    exec "$python" -P -m mlkanban queue begin "$run" -- "$@"
}

# Of all that wait, the first one in each half minute looks for free slots.
tick() {
    touch -c "$folder/start.json"
    [ -e "$queue/$run" ] || (umask 077 && mkdir -p "$queue" && : >"$queue/$run")
    mine=$queue/.look-$(($(date +%s) / 30))
    mkdir "$mine" || return
    for other in "$queue"/.look-*; do
        [ "$other" = "$mine" ] || rmdir "$other"
    done
    "$python" -P -m mlkanban queue advance
}

trap 'look "$@"' URG
while :; do
    look "$@"
    sleep 30 &
    nap=$!
    if wait "$nap"; then
        nap=
        tick "$@"
    else
        kill -9 "$nap"
        nap=
    fi
done
