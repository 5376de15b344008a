/* A virtual machine and its agent that take no time: what remains of Create and Start is the host's own.
 *
 * Named `instant-vmm` it stands in for QEMU: it answers QMP, waits until the file server has set itself up, says on
 * the console that the agent is ready, and appends the two moments in between which the shim had to wait for it to
 * `<name>.stamps`. Under any other name it stands in for the vsock daemon and the agent behind it: it answers every
 * call at once and appends the call's name to `<name>.calls`. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 16, FRAME = 1 << 20, HEADER = 10, PENDING = 64 };

static int append_to(const char *name, const char *suffix) {
    char path[4096];
    snprintf(path, sizeof path, "%s.%s", name, suffix);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) { perror(path); exit(1); }
    return file;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void send_all(int socket, const void *bytes, size_t count) {
    const char *next = bytes;
    while (count > 0) {
        ssize_t sent = write(socket, next, count);
        if (sent < 0 && errno == EAGAIN) { poll(&(struct pollfd){.fd = socket, .events = POLLOUT}, 1, -1); continue; }
        if (sent <= 0) return;
        next += sent;
        count -= (size_t)sent;
    }
}

/* The machine */

static int chardev(char **arguments, const char *name) {
    char wanted[64];
    int length = snprintf(wanted, sizeof wanted, "socket,id=%s,fd=", name);
    for (; *arguments; arguments++)
        if (strncmp(*arguments, wanted, (size_t)length) == 0) {
            int found = atoi(*arguments + length);
            fcntl(found, F_SETFL, fcntl(found, F_GETFL) & ~O_NONBLOCK);
            return found;
        }
    fprintf(stderr, "no character device '%s'\n", name);
    exit(1);
}

static void machine(char **arguments) {
    double begin = now();
    int listener = chardev(arguments, "qmp"), console = chardev(arguments, "console-chardev");
    int share = chardev(arguments, "share-chardev");
    /* VHOST_USER_GET_FEATURES: once it is answered, the file server needs nothing of the host's root any more. */
    static const char features[12] = {1, 0, 0, 0, 1};
    char answer[20];
    send_all(share, features, sizeof features);
    if (recv(share, answer, sizeof answer, MSG_WAITALL) != sizeof answer) exit(1);
    int control = accept(listener, NULL, NULL);
    const char *greeting = "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":2,\"minor\":0,\"major\":10},\"package\":\"\"},"
                           "\"capabilities\":[]}}\r\n";
    send_all(control, greeting, strlen(greeting));
    static const char ready[] = "swiftlet-agent: ready\n";
    int stamps = append_to(arguments[0], "stamps");
    dprintf(stamps, "%.6f %.6f\n", begin, now());
    send_all(console, ready, sizeof ready - 1);
    FILE *commands = fdopen(control, "r");
    char line[4096], reply[256];
    while (fgets(line, sizeof line, commands)) {
        const char *id = strstr(line, "\"id\":"), *status = strstr(line, "query-status");
        int number = id ? (int)strcspn(id + 5, ",}") : 0;
        snprintf(reply, sizeof reply, "{\"return\":{%s}%s%.*s}\r\n",
            status ? "\"running\":true,\"status\":\"running\"" : "", id ? ",\"id\":" : "", number, id ? id + 5 : "");
        send_all(control, reply, strlen(reply));
        if (strstr(line, "\"quit\"")) exit(0);
    }
    pause();
}

/* The agent */

struct connection {
    int socket, asked;
    size_t held;
    unsigned char *data;
};

/* Calls that are answered when the processes end: `status` tells waits from the rest. */
static struct { int socket, status; unsigned char stream[4]; } pending[PENDING];
static int pending_count;

/* What must not keep Create, Start or Exec waiting: a shim that does wait for one of these stands still. */
static int is_held(const char *name) {
    static const char *const held[] = {"ReadStdout", "ReadStderr", "CloseStdin", "SetGuestDateTime", "ReseedRandomDev"};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        if (strcmp(name, held[i]) == 0) return 1;
    return 0;
}

static void answer(int socket, const unsigned char *stream, const char *body, unsigned char length) {
    unsigned char frame[HEADER + 16] = {0, 0, 0, length, stream[0], stream[1], stream[2], stream[3], 2, 0};
    memcpy(frame + HEADER, body, length);
    send_all(socket, frame, HEADER + length);
}

static void end_processes(void) {
    while (pending_count > 0) {
        pending_count--;
        /* WaitProcessResponse with status 137 */
        if (pending[pending_count].status)
            answer(pending[pending_count].socket, pending[pending_count].stream, "\x12\x03\x08\x89\x01", 5);
        else
            answer(pending[pending_count].socket, pending[pending_count].stream, "", 0);
    }
}

/* A request: service (1) and method (2) are its first two fields, and shorter than 128 bytes. */
static void serve(struct connection *from, const unsigned char *frame, size_t length, int calls) {
    const unsigned char *body = frame + HEADER;
    if (length < 2 || body[0] != 0x0a || (size_t)body[1] + 4 > length) exit(2);
    const unsigned char *method = body + 2 + body[1];
    if (method[0] != 0x12 || (size_t)(method - body) + 2 + method[1] > length) exit(2);
    char name[128] = "";
    memcpy(name, method + 2, method[1] & 0x7f);
    dprintf(calls, "%s\n", name);
    if (strcmp(name, "GetOOMEvent") == 0) return;
    int waits = strcmp(name, "WaitProcess") == 0;
    if (waits || is_held(name)) {
        if (pending_count == PENDING) exit(3);
        pending[pending_count].socket = from->socket;
        pending[pending_count].status = waits;
        memcpy(pending[pending_count++].stream, frame + 4, 4);
        return;
    }
    /* Check: serving */
    if (strcmp(name, "Check") == 0) answer(from->socket, frame + 4, "\x12\x02\x08\x01", 4);
    else answer(from->socket, frame + 4, "", 0);
    if (strcmp(name, "SignalProcess") == 0) end_processes();
}

/* Takes what has come; 0 at the end. */
static int take(struct connection *from, int calls) {
    ssize_t count = read(from->socket, from->data + from->held, FRAME - from->held);
    if (count <= 0) return 0;
    from->held += (size_t)count;
    size_t at = 0;
    if (!from->asked) {
        unsigned char *end = memchr(from->data, '\n', from->held);
        if (!end) return 1;
        at = (size_t)(end + 1 - from->data);
        send_all(from->socket, "OK 1024\n", 8);
        from->asked = 1;
    }
    while (from->held - at >= HEADER) {
        const unsigned char *frame = from->data + at;
        size_t length = (size_t)frame[0] << 24 | (size_t)frame[1] << 16 | (size_t)frame[2] << 8 | frame[3];
        if (length > FRAME - HEADER) exit(2);
        if (from->held - at < HEADER + length) break;
        serve(from, frame, length, calls);
        at += HEADER + length;
    }
    memmove(from->data, from->data + at, from->held - at);
    from->held -= at;
    return 1;
}

static int listen_at(char **arguments, const char *flag) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    for (; *arguments; arguments++)
        if (strcmp(*arguments, flag) == 0 && arguments[1])
            snprintf(address.sun_path, sizeof address.sun_path, "%s", arguments[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 8) < 0) {
        perror(flag);
        exit(1);
    }
    return listener;
}

static void agent(char **arguments) {
    int calls = append_to(arguments[0], "calls");
    struct pollfd polled[CONNECTIONS] = {{.events = POLLIN}, {.events = POLLIN}};
    struct connection connections[CONNECTIONS] = {0};
    /* The device's socket last: its appearance is the sign that all is ready. */
    polled[0].fd = listen_at(arguments, "--uds-path");
    polled[1].fd = listen_at(arguments, "--socket");
    int count = 2;
    while (poll(polled, (nfds_t)count, -1) > 0)
        for (int i = count - 1; i >= 0; i--) {
            if (!polled[i].revents) continue;
            if (i == 1) { accept(polled[1].fd, NULL, NULL); continue; }
            if (i == 0) {
                int socket = accept(polled[0].fd, NULL, NULL);
                if (socket < 0 || count == CONNECTIONS) exit(3);
                connections[count] = (struct connection){.socket = socket, .data = malloc(FRAME)};
                polled[count++] = (struct pollfd){.fd = socket, .events = POLLIN};
                continue;
            }
            if (take(&connections[i], calls)) continue;
            close(polled[i].fd);
            free(connections[i].data);
            connections[i] = connections[--count];
            polled[i] = polled[count];
        }
}

int main(int count, char **arguments) {
    const char *slash = strrchr(arguments[0], '/'), *name = slash ? slash + 1 : arguments[0];
    (void)count;
    signal(SIGPIPE, SIG_IGN);
    if (strcmp(name, "instant-vmm") == 0) machine(arguments);
    else agent(arguments);
    return 0;
}
