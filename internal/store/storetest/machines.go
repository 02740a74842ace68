package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var machinePromises = map[string]func(*testing.T, Store){
	"a machine is kept":                                machineIsKept,
	"machines are listed":                              machinesAreListed,
	"changes of a machine are not lost":                machineChanges,
	"a machine's key is rotated once":                  machineKeyRotates,
	"the old key of a machine ends":                    oldMachineKeyEnds,
	"a machine may call so many others":                machineScopesAreCounted,
	"scopes of machines are kept":                      machineScopes,
	"a deleted machine is gone with all it had":        machineIsDeleted,
	"a machine is a client for tokens of its own":      machineIsAClient,
	"a machine with a scope that is not there is none": machineWithoutScope,
}

func newMachine(n byte) store.Machine {
	return store.Machine{
		ID: fmt.Sprintf("mch_%d", n), Name: fmt.Sprintf("Machine %d", n), DefaultTTL: time.Hour,
		Key: store.Hash{n}, SealedKey: []byte{n, n}, CreatedAt: now.Add(time.Duration(n) * time.Second), UpdatedAt: now,
	}
}

// machines makes the machines 1 to n.
func machines(t *testing.T, s Store, n byte) {
	t.Helper()
	for i := byte(1); i <= n; i++ {
		must(t, s.CreateMachine(t.Context(), newMachine(i)))
	}
}

func wantNotFound(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s: %v, want ErrNotFound", what, err)
	}
}

func machineIsKept(t *testing.T, s Store) {
	want := newMachine(1)
	want.OldKey = oauth.OldSecret{Hash: store.Hash{9}, Until: now.Add(time.Hour)}
	must(t, s.CreateMachine(t.Context(), want))
	machines := map[string]func() (store.Machine, error){
		"by id":      func() (store.Machine, error) { return s.Machine(t.Context(), want.ID) },
		"by key":     func() (store.Machine, error) { return s.MachineByKey(t.Context(), want.Key, now) },
		"by old key": func() (store.Machine, error) { return s.MachineByKey(t.Context(), want.OldKey.Hash, now) },
	}
	for how, find := range machines {
		got, err := find()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", how, err, diff)
		}
	}
	_, err := s.Machine(t.Context(), "mch_\x00")
	wantNotFound(t, "another id", err)
	_, err = s.MachineByKey(t.Context(), store.Hash{}, now)
	wantNotFound(t, "no key", err)
}

func machinesAreListed(t *testing.T, s Store) {
	machines(t, s, 3)
	list := func(q store.MachineQuery) (ids []string, total int) {
		t.Helper()
		if q.Limit == 0 {
			q.Limit = 10
		}
		found, total, err := s.ListMachines(t.Context(), q)
		must(t, err)
		for _, m := range found {
			ids = append(ids, m.ID)
		}
		return ids, total
	}
	for _, x := range []struct {
		q     store.MachineQuery
		want  []string
		total int
	}{
		{store.MachineQuery{Descending: true}, []string{"mch_3", "mch_2", "mch_1"}, 3},
		{store.MachineQuery{OrderBy: store.MachinesByName, Limit: 1, Offset: 1}, []string{"mch_2"}, 3},
		{store.MachineQuery{Query: "CHINE 2"}, []string{"mch_2"}, 1},
		{store.MachineQuery{Query: "mch_3"}, []string{"mch_3"}, 1},
		{store.MachineQuery{Query: "%"}, nil, 0},
		{store.MachineQuery{Query: "\x00"}, nil, 0},
	} {
		if got, total := list(x.q); !cmp.Equal(got, x.want) || total != x.total {
			t.Errorf("%+v: %v of %d, want %v of %d", x.q, got, total, x.want, x.total)
		}
	}
}

func machineChanges(t *testing.T, s Store) {
	machines(t, s, 1)
	later := now.Add(time.Minute)
	for _, err := range together(8, func(i int) error {
		c := store.MachineChange{Name: new("Renamed")}
		if i%2 == 0 {
			c = store.MachineChange{DefaultTTL: new(2 * time.Hour)}
		}
		_, err := s.ChangeMachine(t.Context(), "mch_1", c, later)
		return err
	}) {
		must(t, err)
	}
	want := newMachine(1)
	want.Name, want.DefaultTTL, want.UpdatedAt = "Renamed", 2*time.Hour, later.Add(7*time.Millisecond)
	got, err := s.Machine(t.Context(), "mch_1")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	_, err = s.ChangeMachine(t.Context(), "mch_2", store.MachineChange{}, later)
	wantNotFound(t, "no such machine", err)
}

func machineKeyRotates(t *testing.T, s Store) {
	machines(t, s, 1)
	oneOf(t, together(8, func(i int) error {
		m := newMachine(1)
		m.Key, m.OldKey = store.Hash{100 + byte(i)}, oauth.OldSecret{Hash: m.Key, Until: now.Add(time.Hour)}
		return s.RotateMachineKey(t.Context(), m, store.Hash{1})
	}))
	got, err := s.MachineByKey(t.Context(), store.Hash{1}, now)
	if err != nil || got.Key[0] < 100 {
		t.Errorf("the machine has the key %v, %v", got.Key, err)
	}
	wantNotFound(t, "no such machine", s.RotateMachineKey(t.Context(), newMachine(2), store.Hash{2}))
}

func oldMachineKeyEnds(t *testing.T, s Store) {
	machines(t, s, 1)
	m := newMachine(1)
	m.Key, m.OldKey = store.Hash{50}, oauth.OldSecret{Hash: store.Hash{1}, Until: now.Add(time.Minute)}
	must(t, s.RotateMachineKey(t.Context(), m, store.Hash{1}))
	if _, err := s.MachineByKey(t.Context(), store.Hash{1}, now.Add(time.Minute-time.Millisecond)); err != nil {
		t.Errorf("the old key before its end: %v", err)
	}
	_, err := s.MachineByKey(t.Context(), store.Hash{1}, now.Add(time.Minute))
	wantNotFound(t, "the old key at its end", err)
	m.Key, m.OldKey = store.Hash{51}, oauth.OldSecret{}
	must(t, s.RotateMachineKey(t.Context(), m, store.Hash{50}))
	_, err = s.MachineByKey(t.Context(), store.Hash{50}, now)
	wantNotFound(t, "a key without overlap", err)
}

func machineScopesAreCounted(t *testing.T, s Store) {
	machines(t, s, 9)
	added := 0
	for _, err := range together(8, func(i int) error {
		return s.AddMachineScope(t.Context(), store.MachineScope{From: "mch_1", To: fmt.Sprintf("mch_%d", i+2), CreatedAt: now}, 3)
	}) {
		switch {
		case err == nil:
			added++
		case !errors.Is(err, store.ErrTooMany):
			t.Errorf("got %v, want ErrTooMany", err)
		}
	}
	if added != 3 {
		t.Errorf("%d scopes were added, want 3", added)
	}
}

func machineScopes(t *testing.T, s Store) {
	machines(t, s, 3)
	scope := func(from, to string) store.MachineScope {
		return store.MachineScope{From: from, To: to, CreatedAt: now}
	}
	oneOf(t, together(4, func(int) error { return s.AddMachineScope(t.Context(), scope("mch_1", "mch_2"), 9) }))
	must(t, s.AddMachineScope(t.Context(), scope("mch_1", "mch_3"), 9))
	wantNotFound(t, "to nobody", s.AddMachineScope(t.Context(), scope("mch_1", "mch_9"), 9))
	wantNotFound(t, "from nobody", s.AddMachineScope(t.Context(), scope("mch_9", "mch_1"), 9))
	got, err := s.ScopedMachines(t.Context(), "mch_1", "mch_2")
	must(t, err)
	if len(got["mch_1"]) != 2 || got["mch_1"][0].ID != "mch_2" || got["mch_1"][1].Name != "Machine 3" || len(got["mch_2"]) != 0 {
		t.Errorf("scoped machines: %+v", got)
	}
	scopes, notBefore, err := s.MachineScopes(t.Context(), "mch_1")
	if diff := cmp.Diff([]store.MachineScope{scope("mch_1", "mch_2"), scope("mch_1", "mch_3")}, scopes); err != nil || diff != "" || !notBefore.IsZero() {
		t.Errorf("%v, %v (-want +got)\n%s", notBefore, err, diff)
	}
	oneOf(t, together(4, func(int) error { return s.RemoveMachineScope(t.Context(), "mch_1", "mch_2") }))
	if scopes, _, err = s.MachineScopes(t.Context(), "mch_2"); err != nil || len(scopes) != 0 {
		t.Errorf("a machine without scopes: %v, %v", scopes, err)
	}
	_, _, err = s.MachineScopes(t.Context(), "mch_9")
	wantNotFound(t, "no such machine", err)
	cut, err := s.CutOff(t.Context(), now)
	must(t, err)
	if _, notBefore, err = s.MachineScopes(t.Context(), "mch_1"); err != nil || !notBefore.Equal(cut) {
		t.Errorf("cut off at %v: %v, %v", cut, notBefore, err)
	}
}

func machineIsDeleted(t *testing.T, s Store) {
	machines(t, s, 2)
	for _, scope := range []store.MachineScope{{From: "mch_1", To: "mch_2"}, {From: "mch_2", To: "mch_1"}} {
		must(t, s.AddMachineScope(t.Context(), scope, 9))
	}
	token, key := m2mToken(1), subjectKey(1)
	token.Scopes, key.Subject = []string{"mch_2"}, "mch_1"
	must(t, s.CreateM2MToken(t.Context(), token))
	must(t, s.CreateSubjectKey(t.Context(), key))
	oneOf(t, together(4, func(int) error { return s.DeleteMachine(t.Context(), "mch_1") }))
	_, err := s.MachineByKey(t.Context(), store.Hash{1}, now)
	wantNotFound(t, "its key", err)
	_, err = s.M2MToken(t.Context(), token.ID)
	wantNotFound(t, "its token", err)
	_, err = s.SubjectKey(t.Context(), key.ID)
	wantNotFound(t, "its API key", err)
	wantNotFound(t, "a token for it", s.CreateM2MToken(t.Context(), m2mToken(2)))
	if left, _, err := s.MachineScopes(t.Context(), "mch_2"); err != nil || len(left) != 0 {
		t.Errorf("scopes to it: %v, %v", left, err)
	}
}

func machineIsAClient(t *testing.T, s Store) {
	machines(t, s, 3)
	for _, to := range []string{"mch_2", "mch_3"} {
		must(t, s.AddMachineScope(t.Context(), store.MachineScope{From: "mch_1", To: to, CreatedAt: now}, 9))
	}
	issued := oauth.AccessToken{ID: oauth.TokenID{1}, ClientID: "mch_1", IssuedAt: now, Narrowed: oauth.Scopes{"mch_2", "mch_3"}}
	want := func(wantLive bool, scopes ...string) {
		t.Helper()
		left, live, err := s.ClientTokenLive(t.Context(), issued)
		if err != nil || live != wantLive || wantLive && !slices.Equal(left, scopes) {
			t.Errorf("live %v with %v, %v, want %v with %v", live, left, err, wantLive, scopes)
		}
	}
	want(true, "mch_2", "mch_3")
	must(t, s.RemoveMachineScope(t.Context(), "mch_1", "mch_2"))
	want(true, "mch_3")
	must(t, s.AddMachineScope(t.Context(), store.MachineScope{From: "mch_1", To: "mch_2", CreatedAt: now.Add(time.Minute)}, 9))
	want(true, "mch_3")
	must(t, s.DeleteMachine(t.Context(), "mch_1"))
	want(false)
}

func machineWithoutScope(t *testing.T, s Store) {
	wantNotFound(t, "with a scope to nobody", s.CreateMachine(t.Context(), newMachine(1), "mch_9"))
	_, err := s.Machine(t.Context(), "mch_1")
	wantNotFound(t, "the machine", err)
}
