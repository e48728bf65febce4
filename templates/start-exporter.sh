# How {{ node }} of {{ cluster }} starts: sh start.sh PROGRAM. Written by redos.
#
# It logs the name of a target that it does not reach, in which there is the word that opens the exporter to whoever knows it.
# So its log goes through a pipe that ends each line before that word.

pipe={{ pipe }}
rm -f "$pipe"
mkfifo -m 600 "$pipe"
while IFS= read -r line; do
    printf '%s\n' "${line%%\?key=*}"
done <"$pipe" &

# Instead of CONFIG GET *, for which its user has no right, it sends an INFO that gives nothing and is no error.
exec "$1" -redis.addr= -redis.user={{ user }} -redis.password-file={{ passwords }} -connection-timeout={{ patience }} \
    -config-command=INFO -set-client-name=false{% if authority %} -tls-ca-cert-file={{ authority }}{% endif %} >"$pipe" 2>&1
