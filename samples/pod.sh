# Shows what a script sees of the machine: its own processes, no network, little room.
echo "user $(id -u), host $(hostname), processes $(ls -d /proc/[0-9]* | wc -l)"
echo "network: $(ls /sys/class/net 2>/dev/null | tr '\n' ' ')"
if (exec 3<>/dev/tcp/192.0.2.1/80) 2>/dev/null; then
    echo "reached a remote address, which must not happen"
    exit 1
fi
echo "a remote address: unreachable"
if (: >/usr/written-by-a-script) 2>/dev/null; then
    echo "wrote to the system, which must not happen"
    exit 1
fi
echo "the system directories: read-only"
sum=0
for number in $(seq 1 20); do sum=$((sum + number)); done
echo "1 + 2 + ... + 20 = $sum"
echo "this line goes to standard error" >&2
