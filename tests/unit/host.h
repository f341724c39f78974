/* A host for a test: a network namespace that ends with it.
 */
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "suite.h"

/* Runs a shell command, which must succeed. */
static inline void host(const char *command)
{
    ck_assert_msg(system(command) == 0, "%s", command);
}

static inline bool host_says(const char *command)
{
    return system(command) == 0;
}

/* Enters a host with a veth pair, `left` and `right`, and no routes. */
static inline void enter_host(void)
{
    ck_assert_int_eq(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
    ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    host("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad"); /* makes addresses usable at once */
    host("ip link set lo up && ip link add left type veth peer name right");
}
