/*
 * Who owns a shard, and who has a driver: the rules of cluster/core and of the
 * store's fence, small enough to look at every interleaving.
 *
 * Nodes take an ownerless shard over, hand it to another node, pause at any
 * moment, are declared dead meanwhile (and do not know it), and write. Each
 * write assigns the one driver to the node's own trip, or frees him. A pause
 * needs no state of its own: it is a node that is not chosen for a while.
 *
 * tests/model/run checks it. Mutants that must fail: -DNO_FENCE (writes are not
 * held against the epoch), -DNO_CAS (a takeover does not look at what it
 * replaces), -DNO_CLAIM (the driver's claim is not looked at), -DNO_REREAD (a
 * node that did not hear of its shard does not read the row).
 */

#define NODES 3
#define NOBODY NODES
#define EPOCHS 4 /* Enough for each kind of change to follow each other. */
#define WRITES 2 /* Of each node. */

#ifdef NO_FENCE
#define FENCE(me) true
#else
#define FENCE(me) (epoch == held[me])
#endif
#ifdef NO_CAS
#define UNCHANGED true
#else
#define UNCHANGED (owner == seen_owner && epoch == seen_epoch)
#endif
#ifdef NO_CLAIM
#define DRIVER_IS_FREE true
#else
#define DRIVER_IS_FREE (driver_trip == NOBODY)
#endif
#ifdef NO_REREAD
#define HEARS false
#else
#define HEARS true
#endif

/* The store. */
byte owner = NOBODY;
byte epoch = 0;
bool dead[NODES];
byte driver_trip = NOBODY; /* The claim: the trip that has the driver. */

/* What each node believes. */
byte held[NODES]; /* The epoch under which it serves; 0: none. */
bool sealed[NODES];

/* What only the checks look at. */
byte writer_of[EPOCHS + 1] = NOBODY;
byte journal_epoch = 0; /* Of the last write. */
bool on_trip[NODES];    /* Trips, one a node, that have the driver. */
byte trips_with_driver = 0;

/* Takeover: owner and epoch are still what was seen, the owner is no member. */
inline claim(me) {
  if
  :: !dead[me] && UNCHANGED ->
    owner = me;
    epoch = seen_epoch + 1;
    held[me] = epoch
  :: else -> skip
  fi
}

/* The linearization point of a handoff. Refused, nothing of it is left. */
inline transfer(me, to) {
  if
  :: owner == me && epoch == held[me] && !dead[to] ->
    owner = to;
    epoch++;
    held[me] = 0
  :: owner == me && epoch == held[me] && dead[to] -> skip
  :: else -> held[me] = 0
  fi;
  sealed[me] = false
}

/* One durable write under the epoch that the node believes in. */
inline write(me) {
  written++;
  if
  :: FENCE(me) ->
    /* An epoch has one writer; what is newer is never followed by older. */
    assert(writer_of[held[me]] == NOBODY || writer_of[held[me]] == me);
    assert(held[me] >= journal_epoch);
    writer_of[held[me]] = me;
    journal_epoch = held[me];
    if
    :: !on_trip[me] && DRIVER_IS_FREE ->
      driver_trip = me;
      on_trip[me] = true;
      trips_with_driver++
    :: on_trip[me] ->
      driver_trip = NOBODY;
      on_trip[me] = false;
      trips_with_driver--
    :: else -> skip /* The claim is lost: nothing happens. */
    fi;
    assert(trips_with_driver <= 1)
  :: else -> held[me] = 0 /* Fenced: what we believed is void. */
  fi
}

proctype node(byte me) {
  byte seen_owner;
  byte seen_epoch;
  byte to;
  byte written = 0;
end: /* To wait is fine; whether somebody should not, the judge says. */
  do
  /* Sees an ownerless shard, and acts upon it later. */
  :: atomic { held[me] == 0 && !dead[me] && epoch < EPOCHS &&
       (owner == NOBODY || dead[owner]) ->
       seen_owner = owner;
       seen_epoch = epoch };
    atomic { claim(me) }
  /* Is told that it is the owner, or reads the row. */
  :: atomic { held[me] == 0 && !dead[me] && owner == me &&
       HEARS -> held[me] = epoch }
  :: atomic { held[me] != 0 && !sealed[me] && written < WRITES -> write(me) }
  /* Hands it on: seals first, asks the store later, or finds it too slow. */
  :: atomic { held[me] != 0 && epoch < EPOCHS ->
       sealed[me] = true;
       to = (me + 1) % NODES };
    if
    :: atomic { to = (me + 1) % NODES; transfer(me, to) }
    :: atomic { to = (me + 2) % NODES; transfer(me, to) }
    :: sealed[me] = false
    fi
  od
}

/* Observers declare nodes dead that are only slow. One is always left. */
proctype observers() {
  byte gone = 0;
  byte who;
  do
  :: gone < NODES - 1 ->
    select(who : 0 .. NODES - 1);
    atomic {
      if
      :: !dead[who] -> dead[who] = true; gone++
      :: else -> skip
      fi
    }
  :: break
  od
}

/* When nobody can do anything any more, somebody serves: no deadlock. Epochs
 * that the model has run out of are no deadlock. */
proctype judge() {
  timeout ->
    assert(owner != NOBODY && epoch == EPOCHS);
    assert(dead[owner] || held[owner] == epoch)
}

init {
  atomic {
    run node(0);
    run node(1);
    run node(2);
    run observers();
    run judge()
  }
}
