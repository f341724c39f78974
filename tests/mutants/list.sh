# shellcheck shell=bash
# The mutants: one fault each. Read in by run.sh, which says what mutant() does.

# ---- store ----
mutant staged-not-synced lib/store/transaction.c 's/\(sync && wgctl_fsync\(fd\) < 0\)/(sync \&\& fd < 0)/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant many-not-synced lib/store/transaction.c 's/return wgctl_store_sync_all\(store, err\);/return WGCTL_OK;/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant own-folder-not-synced lib/store/transaction.c 's/return wgctl_fsync\(store->own.fd\) < 0/return store->own.fd < 0/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant journal-not-synced lib/store/recover.c 's/wgctl_fsync\(store->journal\) < 0\)/store->journal < 0)/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant journal-not-written lib/store/transaction.c 's/rc = wgctl_journal_append\(store, &record, err\);/rc = WGCTL_OK;/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant journal-not-cleared lib/store/recover.c 's/bool is_empty = ftruncate\(store->journal, 0\) == 0;/bool is_empty = true;/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant folders-not-synced lib/store/recover.c 's/rc == WGCTL_OK && wgctl_fsync\(location.folder->fd\) < 0/rc == WGCTL_OK \&\& location.folder->fd < 0/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant edited-file-replaced lib/store/recover.c 's/if \(!wgctl_version_equal\(&version, &file->before\)\)/if (false)/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant done-file-done-again lib/store/recover.c 's/if \(rc < 0 \|\| wgctl_version_equal\(&version, &file->after\)\)/if (rc < 0)/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant broken-record-taken lib/store/journal.c 's/valid = ends_record\(.*$/valid = true;/' 'unit.store|unit.store_kill|unit.store_power'
mutant first-record-in-force lib/store/journal.c 's/^( *)wgctl_record_clear\(ret\);/\1if (ret->count > 0)\n\1    break;\n\1wgctl_record_clear(ret);/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant staged-left-behind lib/store/transaction.c 's/if \(wgctl_staged_discard\(store, &why\) < 0\)/if (false \&\& \&why)/' \
    'unit.store|unit.store_kill|unit.store_power'
mutant no-roll-back lib/store/transaction.c 's/^( *)roll_back\(store, transaction, err\);/\1(void)roll_back;/' 'unit.store|unit.store_kill|unit.store_power'
mutant lock-not-taken lib/store/store.c 's/rc = wgctl_folder_lock\(&store->own, WGCTL_STORE_LOCK, &store->lock, err\);/rc = (store->lock = dup(store->own.fd)) < 0;/' \
    'unit.store|cli.together|cli.files'
mutant no-recovery lib/store/store.c 's/rc = wgctl_store_recover\(store, err\);/(void)wgctl_store_recover;/' 'unit.store|unit.store_kill|unit.store_power'
mutant path-not-checked lib/store/journal.c 's/^( *)wgctl_path_is_valid\(path\);/\1true;/' 'unit.store|unit.store_kill|unit.store_power'

# ---- secrets ----
mutant wipes-size lib/base/text.c 's/explicit_bzero\(memory, malloc_usable_size\(memory\)\)/explicit_bzero(memory, malloc_usable_size(memory) \/ 2)/' \
    'unit.text|fault.canary'
mutant json-not-wiped cmd/json.c '/json_set_alloc_funcs/d' 'fault.canary'
mutant stack-not-wiped lib/net/key.c 's/^ *sodium_stackzero\(DEEPEST\);/    (void)DEEPEST;/' 'fault.canary'
mutant secrets-through-stdio cmd/json.c 's/return rc < 0 \? rc : print_secret\(&text, err\);/return rc < 0 ? rc : fputs(text.data, stdout) < 0;/' \
    'fault.canary'
mutant qr-in-this-process lib/qr/qr.c 's/pid_t child = fork\(\);/pid_t child = 0;/' 'unit.qr|qr.scan|fault.canary'

# ---- memory that runs out ----
mutant failed-text-unnoticed lib/base/text.c 's/return text->failed \? wgctl_fail_memory\(err\) : WGCTL_OK;/(void)err;\n    return WGCTL_OK;/' \
    'unit.text|fault.nomem'
mutant json-error-unsaid cmd/report.c 's/hint\) < 0\)/hint) < -99)/' 'fault.nomem'
mutant json-item-lost cmd/json.c 's/^( *)json_decref\(list\);/\1return list;/' 'fault.nomem'
mutant parser-failure-unnoticed lib/adopt/json.c 's/parser_failed \|= !memory;/(void)parser_failed;/' 'fault.nomem'

# ---- what runs ----
mutant route-index-0 lib/host/route.c 's/if \(index == 0\)/if (false)/' 'unit.route|unit.routes|unit.host|unit.host_messages'
mutant dns-of-the-file lib/run/transition.c 's/dns = applied->exists \? applied->dns : desired->dns;/dns = desired->dns;/' \
    'unit.transition'
mutant post-down-stops lib/run/transition.c 's/hooks, WGCTL_POST_DOWN, true, &item/hooks, WGCTL_POST_DOWN, false, \&item/' \
    'unit.transition|net.transitions'
mutant hooks-of-the-file lib/run/transition.c 's/hooks = wgctl_hooks_that_undo\(applied, desired->server\)/hooks = desired->server/' \
    'unit.transition'
mutant rules-stay lib/run/transition.c 's/^( *)plan_removed_rules\(planner\);/\1(void)plan_removed_rules;/' 'unit.transition'
mutant lost-rules-unnoticed lib/run/transition.c 's/return planner->running->rules\[family\].whole &&/return /' 'unit.transition'
mutant address-gap lib/run/transition.c 's/if \(!wgctl_addresses_have\(running, &desired->items\[i\]\)\)/if (false)/' 'unit.transition'
mutant other-address-removed lib/run/transition.c 's/^( *)wgctl_addresses_have\(running, &applied->items\[i\]\)\)/\1true)/' 'unit.transition'
mutant mtu-always-set lib/run/transition.c 's/if \(mtu && mtu != planner->running->mtu\)/if (mtu)/' 'unit.transition'
mutant endpoint-resent lib/device/plan.c 's/return !wgctl_sockaddr_equal\(wanted, &peer->applied->endpoint\);/return true;/' \
    'unit.plan|unit.plan_small'
mutant other-interface-deleted lib/run/steps.c 's/if \(rc < 0 && rc != WGCTL_EXISTS\)/if (rc < 0)/' 'net.transitions|net.remains'
mutant undo-in-order lib/run/execute.c 's/for \(size_t i = run->transition.done; i-- > 0;\)/for (size_t i = 0; i < run->transition.done; i++)/' \
    'unit.transition|net.transitions'
mutant partial-not-undone lib/run/execute.c 's/rc == WGCTL_OK \|\| is_partial \|\| step->may_fail/rc == WGCTL_OK || step->may_fail/' \
    'unit.transition|net.transitions'
mutant not-noted lib/run/execute.c 's/^( *)rc = note\(run, step, err\);/\1(void)note;/' 'unit.record|net.transitions|net.remains'
mutant files-stay-new lib/tunnel/commit.c 's/^( *)revert_files\(tunnel, err\);/\1(void)revert_files;/' 'unit.tunnel|cli.bad_host|net.apply'

# ---- signals and refusals ----
mutant ignored-signal-heeded lib/base/signals.c 's/ && action.sa_handler != SIG_IGN//' 'unit.signals|net.transitions'
mutant signals-not-held lib/base/signals.c 's/pthread_sigmask\(SIG_BLOCK, &held, ret_before\)/pthread_sigmask(SIG_BLOCK, NULL, ret_before)/' \
    'unit.signals'
mutant key-echoed lib/net/key.c 's/"a key has %d characters, this one has %zu",/"a key has %d characters, this one has %zu: %s",/; s/WGCTL_KEY_TEXT_SIZE - 1, text.size\);/WGCTL_KEY_TEXT_SIZE - 1, text.size, text.data);/' \
    'unit.key|cli.bad_files|cli.bad_input'
mutant others-may-read lib/base/file.c 's/S_IRWXG \| S_IRWXO/S_IWGRP | S_IWOTH/' 'unit.file|cli.bad_files'
mutant link-followed lib/base/file.c 's/O_RDONLY \| O_NOFOLLOW/O_RDONLY/' 'unit.file|cli.bad_files'
