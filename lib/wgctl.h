/* libwgctl: provisions a WireGuard server and looks after its peers.
 *
 * Everything that a front end needs. The library never prints and never exits, and starts a shell
 * only for the owner's own hooks. It is not thread-safe.
 *
 * How a command travels, from argv to the last fsync(2): `wgctl add-peer phone`
 *
 *  1. cmd/main.c finds add-peer in the table of commands and parses its options.
 *  2. cmd/open.c opens the tunnel, as the table says. tunnel/tunnel.c opens the folder and locks it
 *     (store/store.c), which finishes what a killed command left (store/recover.c). It asks the
 *     kernel for the device (device/wireguard.c), then reads and parses the files (conf/).
 *  3. cmd/add_peer.c asks for the change. tunnel/peers.c chooses free addresses (net/pool.c) and
 *     keys (net/key.c), renders the device's file (conf/client.c), and adds a [Peer] to the
 *     document (conf/server_edit.c). All of this happens in memory.
 *  4. cmd/add_peer.c commits. tunnel/commit.c first prepares the transition: run/states.c gathers
 *     the applied, desired and running states, run/transition.c plans the steps between them.
 *  5. store/transaction.c stages the new files, makes them durable, and writes the journal record
 *     (store/journal.c): the commit point. store/recover.c renames the files into place and makes
 *     their folders durable.
 *  6. run/execute.c takes the steps one by one. Each is first noted in /run/wgctl (run/record.c)
 *     and then done by run/steps.c: here, one message adds the peer to the kernel's device
 *     (device/kernel_write.c), and the device is read back.
 *  7. If a step fails, run/execute.c undoes those before it in reverse order, and
 *     store/transaction.c commits the old files again.
 *  8. cmd/add_peer.c reports what was done.
 */
#pragma once

#include "adopt/adopt.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/nearest.h"
#include "base/quote.h"
#include "base/text.h"
#include "provision/provision.h"
#include "qr/qr.h"
#include "tunnel/tunnel.h"

/* Initializes the library and turns core dumps off, because they would hold keys. Call it once,
 * before anything else. Fails with WGCTL_SYSTEM. */
int wgctl_setup(struct wgctl_error *err);
/* Wipes the keys that earlier calls, including those of other libraries, left on the stack and in
 * registers. Then delivers a signal (SIGINT, SIGTERM, SIGHUP) that arrived while work had to be
 * finished or undone, which ends the process. Call it last, after all output is written. */
void wgctl_finish(void);
