#include "resolver/daemon/verify.h"

#include <stdlib.h>
#include <uv.h>

#include "config/base/err.h"
#include "policy/snapshot.h"
#include "resolver/daemon/load.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/server.h"

struct verify {
    uv_work_t work;
    struct server *server;
    const struct snapshot *snapshot; /* held as one more reader, so that a reload may come */
    uint64_t generation;
    struct err err;
};

static void run(uv_work_t *work)
{
    struct verify *verify = work->data;

    uint64_t piece = 0;
    int result = 1;

    load_step_aside();
    verify->err.code = ERR_NONE;
    while (result > 0 && !atomic_load(&verify->server->halt))
        result = snapshot_verify_piece(verify->snapshot, &piece, &verify->err);
}

static void on_done(uv_work_t *work, int status)
{
    struct verify *verify = work->data;
    struct server *server = verify->server;

    publish_leave(server->publish, server->workers_wanted);
    /* What a reload has replaced meanwhile is nobody's trouble any more. */
    if (status == 0 && verify->err.code != ERR_NONE &&
        verify->generation == publish_generation(server->publish)) {
        log_event(&server->log, LOG_LEVEL_ERROR, "set_damaged", "text=\"%s\"", verify->err.text);
        message_add_error(server->warnings, &verify->err, NULL);
        reload_previous(&server->reload);
    }
    free(verify);
}

void verify_in_background(struct server *server)
{
    struct verify *verify = calloc(1, sizeof *verify);

    if (verify == NULL)
        return; /* no worse than before */
    verify->work.data = verify;
    verify->server = server;
    verify->generation = publish_generation(server->publish);
    verify->snapshot = publish_enter(server->publish, server->workers_wanted);
    if (uv_queue_work(&server->loop, &verify->work, run, on_done) < 0) {
        publish_leave(server->publish, server->workers_wanted);
        free(verify);
    }
}
