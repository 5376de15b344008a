/* Starting a program under an exact contract: descriptors, namespaces, cgroups, privileges, limits. */
#ifndef CLINUX_SPAWN_H
#define CLINUX_SPAWN_H

#include <stdint.h>

struct CLinux_placement {
    int source;
    int target;
};

struct CLinux_limit {
    int resource;
    uint64_t soft;
    uint64_t hard;
};

struct CLinux_spawn_request {
    const char *executable;
    char *const *arguments;
    char *const *environment;
    /* The child's whole descriptor table. Sources and targets may overlap in any way. */
    const struct CLinux_placement *descriptors;
    unsigned int descriptor_count;
    /* NULL: "/" after a chroot, else the caller's (or that of the mount namespace joined). */
    const char *working_directory;
    const char *root;
    uint64_t new_namespaces; /* CLONE_NEW* */
    const int *join_namespaces; /* entered in this order */
    unsigned int join_count;
    int cgroup; /* cgroup2 folder to be born in, or -1 */
    const int *cgroup_procs; /* descriptors of cgroup.procs files */
    unsigned int cgroup_procs_count;
    const struct CLinux_limit *limits;
    unsigned int limit_count;
    int set_oom_score; /* 0 no; 1 yes; 2 yes, but go on where the kernel refuses to lower it */
    int oom_score;
    int set_user;
    uint32_t user;
    uint32_t group;
    const uint32_t *groups;
    unsigned int group_count;
    int set_bounding;
    uint64_t bounding; /* capabilities kept in the bounding set, bit per number */
    uint64_t ambient; /* capabilities that outlive the change of user */
    int no_new_privileges;
    int death_signal; /* sent when the calling thread ends; 0: none */
    int new_session;
};

/* The steps of the child, for messages. */
enum {
    CLINUX_SPAWN_CLONE = 1,
    CLINUX_SPAWN_SESSION,
    CLINUX_SPAWN_OOM,
    CLINUX_SPAWN_CGROUP,
    CLINUX_SPAWN_NAMESPACE,
    CLINUX_SPAWN_ROOT,
    CLINUX_SPAWN_DIRECTORY,
    CLINUX_SPAWN_DESCRIPTORS,
    CLINUX_SPAWN_LIMIT,
    CLINUX_SPAWN_CAPABILITIES,
    CLINUX_SPAWN_USER,
    CLINUX_SPAWN_NO_NEW_PRIVILEGES,
    CLINUX_SPAWN_PARENT,
    CLINUX_SPAWN_EXEC,
};

struct CLinux_spawn_result {
    int pid;
    int pidfd;
    int step; /* the step that failed */
    int index; /* of the namespace, cgroup, descriptor or limit within its list */
};

/* Returns 0 once the program has been executed, or -errno with `step` and `index`; then no child is left. */
int CLinux_spawn(const struct CLinux_spawn_request *request, struct CLinux_spawn_result *result);

#endif
