/* The rule `home-queue`, in C: agents who serve the session's queue are kept, and those whose first queue it is come first.
 *
 * rule_plugin.h is what wit-bindgen makes of wit/. There is no C library: what little is needed of one is in libc/.
 *
 * Invariant: whether an agent is kept depends on this session and this agent only (the law of wit/strategy). */

#include "rule_plugin.h"
#include <stdlib.h>
#include <string.h>

typedef rule_plugin_list_string_t names_t;
typedef exports_cordboard_strategy_rule_change_t change_t;

/* Agents and sessions by their references: an agent's queues, a session's one queue. */

#define BUCKETS 1024

typedef struct entry {
  uint32_t ref;
  names_t names;
  struct entry *next;
} entry_t;

typedef struct {
  entry_t *buckets[BUCKETS];
} table_t;

struct exports_cordboard_strategy_rule_router_t {
  table_t agents;
  table_t sessions;
};

static entry_t **place(table_t *table, uint32_t ref) {
  entry_t **at = &table->buckets[ref % BUCKETS];
  while (*at && (*at)->ref != ref)
    at = &(*at)->next;
  return at;
}

static void names_free(names_t *names) {
  for (size_t i = 0; i < names->len; i++)
    if (names->ptr[i].len > 0)
      free(names->ptr[i].ptr);
  if (names->len > 0)
    free(names->ptr);
}

static void forget(table_t *table, uint32_t ref) {
  entry_t **at = place(table, ref);
  entry_t *gone = *at;
  if (!gone)
    return;
  *at = gone->next;
  names_free(&gone->names);
  free(gone);
}

/* Takes the names over. */
static void learn(table_t *table, uint32_t ref, names_t names) {
  entry_t **at = place(table, ref);
  if (*at) {
    names_free(&(*at)->names);
  } else {
    *at = malloc(sizeof(entry_t));
    (*at)->ref = ref;
    (*at)->next = NULL;
  }
  (*at)->names = names;
}

static void forget_all(table_t *table) {
  for (size_t i = 0; i < BUCKETS; i++)
    while (table->buckets[i])
      forget(table, table->buckets[i]->ref);
}

static bool same(rule_plugin_string_t a, rule_plugin_string_t b) {
  return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* The tier of an agent for a session: 0 where it is the agent's first queue, 1 for another of its queues, -1 for none. */
static int tier(struct exports_cordboard_strategy_rule_router_t *router, uint32_t session, uint32_t agent) {
  entry_t *waiting = *place(&router->sessions, session);
  entry_t *serving = *place(&router->agents, agent);
  if (!waiting || !serving)
    return -1;
  for (size_t i = 0; i < serving->names.len; i++)
    if (same(serving->names.ptr[i], waiting->names.ptr[0]))
      return i == 0 ? 0 : 1;
  return -1;
}

static void copy(rule_plugin_string_t *to, const char *words) {
  to->len = strlen(words);
  to->ptr = malloc(to->len);
  memcpy(to->ptr, words, to->len);
}

static const char *reason(int tier) {
  return tier < 0 ? "does not serve the queue" : tier == 0 ? "the agent's first queue" : "another of the agent's queues";
}

/* What the host calls. Arguments that are not plain numbers are ours, and so ours to free. */

bool exports_cordboard_strategy_rule_static_router_open(rule_plugin_string_t *settings,
                                                        exports_cordboard_strategy_rule_saved_state_t *maybe_memory,
                                                        exports_cordboard_strategy_rule_own_router_t *ret,
                                                        rule_plugin_string_t *err) {
  bool wanted = settings->len == 0 || (settings->len == 2 && memcmp(settings->ptr, "{}", 2) == 0);
  rule_plugin_string_free(settings);
  if (maybe_memory)
    exports_cordboard_strategy_rule_saved_state_free(maybe_memory);
  if (!wanted) {
    copy(err, "the rule home-queue has no settings; expected {}");
    return false;
  }
  exports_cordboard_strategy_rule_router_t *router = malloc(sizeof(*router));
  memset(router, 0, sizeof(*router));
  *ret = exports_cordboard_strategy_rule_router_new(router);
  return true;
}

void exports_cordboard_strategy_rule_router_destructor(exports_cordboard_strategy_rule_router_t *router) {
  forget_all(&router->agents);
  forget_all(&router->sessions);
  free(router);
}

static void changed(exports_cordboard_strategy_rule_router_t *router, change_t *change) {
  switch (change->tag) {
  case EXPORTS_CORDBOARD_STRATEGY_RULE_CHANGE_AGENT:
    learn(&router->agents, change->val.agent.ref, change->val.agent.queues);
    /* They are the table's now, and not to be freed with the change. */
    change->val.agent.queues.len = 0;
    /* wit-bindgen 0.61 forgets lists of strings as it frees a record; one that doesn't finds this one empty. */
    rule_plugin_list_string_free(&change->val.agent.software);
    change->val.agent.software.len = 0;
    break;
  case EXPORTS_CORDBOARD_STRATEGY_RULE_CHANGE_AGENT_GONE:
    forget(&router->agents, change->val.agent_gone);
    break;
  case EXPORTS_CORDBOARD_STRATEGY_RULE_CHANGE_SESSION: {
    names_t queue = {.ptr = malloc(sizeof(rule_plugin_string_t)), .len = 1};
    queue.ptr[0] = change->val.session.queue;
    change->val.session.queue.len = 0;
    learn(&router->sessions, change->val.session.ref, queue);
    break;
  }
  case EXPORTS_CORDBOARD_STRATEGY_RULE_CHANGE_SESSION_GONE:
    forget(&router->sessions, change->val.session_gone);
    break;
  default: /* Queues do not matter here, and what a later host may add is left out. */
    break;
  }
}

void exports_cordboard_strategy_rule_method_router_changed(exports_cordboard_strategy_rule_borrow_router_t self,
                                                           exports_cordboard_strategy_rule_list_change_t *changes) {
  for (size_t i = 0; i < changes->len; i++)
    changed(self, &changes->ptr[i]);
  exports_cordboard_strategy_rule_list_change_free(changes);
}

void exports_cordboard_strategy_rule_method_router_rank_agents(
    exports_cordboard_strategy_rule_borrow_router_t self, exports_cordboard_strategy_rule_timestamp_t now,
    exports_cordboard_strategy_rule_session_ref_t session,
    exports_cordboard_strategy_rule_list_agent_ref_t *candidates, bool explain,
    exports_cordboard_strategy_rule_answer_t *ret) {
  (void)now;
  memset(ret, 0, sizeof(*ret));
  ret->verdict.tag = EXPORTS_CORDBOARD_STRATEGY_RULE_VERDICT_KEEP;
  ret->verdict.val.keep.ptr = malloc(candidates->len * sizeof(*ret->verdict.val.keep.ptr));
  if (explain)
    ret->notes.ptr = malloc(candidates->len * sizeof(*ret->notes.ptr));
  for (size_t i = 0; i < candidates->len; i++) {
    uint32_t agent = candidates->ptr[i];
    int found = tier(self, session, agent);
    if (found >= 0) {
      exports_cordboard_strategy_rule_agent_choice_t choice = {.agent = agent, .tier = (uint32_t)found};
      ret->verdict.val.keep.ptr[ret->verdict.val.keep.len++] = choice;
    }
    if (explain) {
      exports_cordboard_strategy_rule_note_t *note = &ret->notes.ptr[ret->notes.len++];
      note->agent.is_some = note->session.is_some = true;
      note->agent.val = agent;
      note->session.val = session;
      copy(&note->text, reason(found));
    }
  }
  /* The bindings free lists that are not empty. */
  if (ret->verdict.val.keep.len == 0)
    free(ret->verdict.val.keep.ptr);
  if (ret->notes.len == 0)
    free(ret->notes.ptr);
  exports_cordboard_strategy_rule_list_agent_ref_free(candidates);
}

void exports_cordboard_strategy_rule_method_router_rank_sessions(
    exports_cordboard_strategy_rule_borrow_router_t self, exports_cordboard_strategy_rule_timestamp_t now,
    exports_cordboard_strategy_rule_agent_ref_t agent, exports_cordboard_strategy_rule_list_session_ref_t *waiting,
    bool explain, exports_cordboard_strategy_rule_pick_t *ret) {
  (void)now;
  (void)explain;
  memset(ret, 0, sizeof(*ret));
  ret->keep.ptr = malloc(waiting->len * sizeof(*ret->keep.ptr));
  for (size_t i = 0; i < waiting->len; i++) {
    int found = tier(self, waiting->ptr[i], agent);
    if (found >= 0) {
      exports_cordboard_strategy_rule_session_choice_t choice = {.session = waiting->ptr[i], .tier = (uint32_t)found};
      ret->keep.ptr[ret->keep.len++] = choice;
    }
  }
  if (ret->keep.len == 0)
    free(ret->keep.ptr);
  exports_cordboard_strategy_rule_list_session_ref_free(waiting);
}

/* It remembers nothing, so there is nothing to learn, to be told or to be kept. */

void exports_cordboard_strategy_rule_method_router_learned(exports_cordboard_strategy_rule_borrow_router_t self,
                                                           exports_cordboard_strategy_rule_timestamp_t now,
                                                           exports_cordboard_strategy_rule_session_ref_t session,
                                                           exports_cordboard_strategy_rule_agent_ref_t agent,
                                                           rule_plugin_string_t *outcome) {
  (void)self, (void)now, (void)session, (void)agent;
  rule_plugin_string_free(outcome);
}

void exports_cordboard_strategy_rule_method_router_consulted(
    exports_cordboard_strategy_rule_borrow_router_t self, exports_cordboard_strategy_rule_timestamp_t now,
    exports_cordboard_strategy_rule_session_ref_t session, exports_cordboard_strategy_rule_reference_t ref,
    exports_cordboard_strategy_rule_result_http_response_failure_t *reply) {
  (void)self, (void)now, (void)session, (void)ref;
  exports_cordboard_strategy_rule_result_http_response_failure_free(reply);
}

bool exports_cordboard_strategy_rule_method_router_memory(exports_cordboard_strategy_rule_borrow_router_t self,
                                                          exports_cordboard_strategy_rule_saved_state_t *ret) {
  (void)self, (void)ret;
  return false;
}
