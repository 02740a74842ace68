package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var m2mTokenPromises = map[string]func(*testing.T, Store){
	"a token of a machine is kept":                m2mTokenIsKept,
	"tokens of a machine are listed":              m2mTokensAreListed,
	"a token of a machine is revoked once":        m2mTokenIsRevoked,
	"one token is pooled for all":                 m2mTokenIsPooled,
	"a scope that was taken back never returns":   m2mScopeIsTakenBack,
	"expired tokens of machines are deleted":      expiredM2MTokens,
	"cutting off the instance kills M2M tokens":   m2mTokenIsCutOff,
	"only what is live and the same is pooled":    m2mTokenIsNotPooled,
	"a revoked token of a machine keeps its page": m2mTokenRevokedByItsMachine,
}

func m2mToken(n byte) store.M2MToken {
	later := now.Add(time.Second)
	return store.M2MToken{
		ID: store.M2MTokenID{n}, MachineID: "mch_1", Claims: json.RawMessage(`{"a":1}`),
		ExpiresAt: later.Add(time.Hour), CreatedAt: later, UpdatedAt: later,
	}
}

// pair makes two machines, of which the first may call the second.
func pair(t *testing.T, s Store) {
	t.Helper()
	machines(t, s, 2)
	must(t, s.AddMachineScope(t.Context(), store.MachineScope{From: "mch_1", To: "mch_2", CreatedAt: now}, 9))
}

func m2mTokenIsKept(t *testing.T, s Store) {
	pair(t, s)
	want := m2mToken(1)
	want.Scopes = []string{"mch_2"}
	must(t, s.CreateM2MToken(t.Context(), want))
	got, err := s.M2MToken(t.Context(), want.ID)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	_, err = s.M2MToken(t.Context(), store.M2MTokenID{9})
	wantNotFound(t, "another token", err)
	if !got.Live(got.ExpiresAt.Add(-time.Millisecond)) || got.Live(got.ExpiresAt) {
		t.Error("a token lives until it expires")
	}
}

func m2mTokensAreListed(t *testing.T, s Store) {
	pair(t, s)
	for n := byte(1); n <= 4; n++ {
		x := m2mToken(n)
		if n == 2 {
			x.ExpiresAt = now.Add(2 * time.Second)
		}
		must(t, s.CreateM2MToken(t.Context(), x))
	}
	other := m2mToken(5)
	other.MachineID = "mch_2"
	must(t, s.CreateM2MToken(t.Context(), other))
	_, err := s.RevokeM2MToken(t.Context(), store.M2MTokenID{3}, "", nil, now)
	must(t, err)
	for _, x := range []struct {
		q     store.M2MTokenQuery
		want  string
		total int
	}{
		{store.M2MTokenQuery{Limit: 9}, "\x04\x01", 2},
		{store.M2MTokenQuery{Limit: 9, Revoked: true}, "\x04\x03\x01", 3},
		{store.M2MTokenQuery{Limit: 9, Expired: true}, "\x04\x02\x01", 3},
		{store.M2MTokenQuery{Limit: 2, Offset: 1, Expired: true, Revoked: true}, "\x03\x02", 4},
	} {
		x.q.MachineID = "mch_1"
		found, total, err := s.ListM2MTokens(t.Context(), x.q, now.Add(2*time.Second))
		must(t, err)
		got := ""
		for _, f := range found {
			got += string(f.ID[:1])
		}
		if got != x.want || total != x.total {
			t.Errorf("%+v: %q of %d, want %q of %d", x.q, got, total, x.want, x.total)
		}
	}
	_, _, err = s.ListM2MTokens(t.Context(), store.M2MTokenQuery{MachineID: "mch_9", Limit: 1}, now)
	wantNotFound(t, "of no machine", err)
}

func m2mTokenIsRevoked(t *testing.T, s Store) {
	pair(t, s)
	must(t, s.CreateM2MToken(t.Context(), m2mToken(1)))
	for _, err := range together(8, func(i int) error {
		_, err := s.RevokeM2MToken(t.Context(), store.M2MTokenID{1}, "mch_1", new(string(rune('a'+i))), now)
		return err
	}) {
		must(t, err)
	}
	first, err := s.M2MToken(t.Context(), store.M2MTokenID{1})
	must(t, err)
	again, err := s.RevokeM2MToken(t.Context(), store.M2MTokenID{1}, "", new("later"), now.Add(time.Hour))
	if err != nil || !again.RevokedAt.Equal(now) || *again.RevokedReason != *first.RevokedReason || again.Live(now) {
		t.Errorf("revoked again: %+v, %v", again.Revocation, err)
	}
}

func m2mTokenRevokedByItsMachine(t *testing.T, s Store) {
	pair(t, s)
	must(t, s.CreateM2MToken(t.Context(), m2mToken(1)))
	_, err := s.RevokeM2MToken(t.Context(), store.M2MTokenID{1}, "mch_2", nil, now)
	wantNotFound(t, "by another machine", err)
	if got, err := s.M2MToken(t.Context(), store.M2MTokenID{1}); err != nil || got.Revoked() {
		t.Errorf("another machine has revoked it: %+v, %v", got.Revocation, err)
	}
	got, err := s.RevokeM2MToken(t.Context(), store.M2MTokenID{1}, "mch_1", nil, now)
	if err != nil || !got.Revoked() || got.RevokedReason != nil {
		t.Errorf("by its own: %+v, %v", got.Revocation, err)
	}
}

func m2mTokenIsPooled(t *testing.T, s Store) {
	pair(t, s)
	got := make([]store.M2MTokenID, 8)
	for _, err := range together(8, func(i int) error {
		x, err := s.PooledM2MToken(t.Context(), m2mToken(byte(i)), now.Add(time.Minute))
		got[i] = x.ID
		return err
	}) {
		must(t, err)
	}
	for _, id := range got {
		if id != got[0] {
			t.Fatalf("concurrent callers got %x and %x", got[0][:1], id[:1])
		}
	}
	if _, total, err := s.ListM2MTokens(t.Context(), store.M2MTokenQuery{MachineID: "mch_1", Limit: 9}, now); err != nil || total != 1 {
		t.Errorf("%d tokens, %v, want 1", total, err)
	}
}

func m2mTokenIsNotPooled(t *testing.T, s Store) {
	pair(t, s)
	must(t, s.CreateM2MToken(t.Context(), m2mToken(1)))
	for n, change := range map[byte]func(*store.M2MToken) (until time.Time){
		2: func(x *store.M2MToken) time.Time { x.Claims = json.RawMessage(`{"a":2}`); return now },
		3: func(x *store.M2MToken) time.Time { x.Scopes = []string{"mch_2"}; return now },
		4: func(x *store.M2MToken) time.Time { x.MachineID = "mch_2"; return now },
		5: func(x *store.M2MToken) time.Time {
			x.ExpiresAt = x.ExpiresAt.Add(time.Hour)
			return x.ExpiresAt.Add(-time.Minute)
		},
	} {
		x := m2mToken(n)
		until := change(&x)
		if got, err := s.PooledM2MToken(t.Context(), x, until); err != nil || got.ID != x.ID {
			t.Errorf("%d: got the token %x, %v", n, got.ID[:1], err)
		}
	}
	for _, n := range []byte{1, 5} {
		_, err := s.RevokeM2MToken(t.Context(), store.M2MTokenID{n}, "", nil, now)
		must(t, err)
	}
	if got, err := s.PooledM2MToken(t.Context(), m2mToken(6), now); err != nil || got.ID != m2mToken(6).ID {
		t.Errorf("after revocation: the token %x, %v", got.ID[:1], err)
	}
	lost := m2mToken(7)
	lost.MachineID = "mch_9"
	_, err := s.PooledM2MToken(t.Context(), lost, now)
	wantNotFound(t, "of no machine", err)
}

func m2mScopeIsTakenBack(t *testing.T, s Store) {
	pair(t, s)
	x := m2mToken(1)
	x.Scopes = []string{"mch_2"}
	must(t, s.CreateM2MToken(t.Context(), x))
	must(t, s.RemoveMachineScope(t.Context(), "mch_1", "mch_2"))
	for _, when := range []string{"taken back", "given again"} {
		if got, err := s.M2MToken(t.Context(), x.ID); err != nil || len(got.Scopes) != 0 {
			t.Errorf("%s: scopes %v, %v, want none", when, got.Scopes, err)
		}
		if when == "taken back" {
			must(t, s.AddMachineScope(t.Context(), store.MachineScope{From: "mch_1", To: "mch_2", CreatedAt: x.CreatedAt.Add(time.Second)}, 9))
		}
	}
	again := m2mToken(2)
	again.Scopes, again.CreatedAt = x.Scopes, x.CreatedAt.Add(time.Minute)
	if got, err := s.PooledM2MToken(t.Context(), again, now); err != nil || got.ID != again.ID {
		t.Errorf("pooled a token that has lost its scope: %x, %v", got.ID[:1], err)
	}
	list, _, err := s.ListM2MTokens(t.Context(), store.M2MTokenQuery{MachineID: "mch_1", Limit: 1, Offset: 1}, now)
	if err != nil || len(list) != 1 || len(list[0].Scopes) != 0 {
		t.Errorf("listed: %+v, %v", list, err)
	}
}

func m2mTokenIsCutOff(t *testing.T, s Store) {
	pair(t, s)
	x := m2mToken(1)
	must(t, s.CreateM2MToken(t.Context(), x))
	_, err := s.CutOff(t.Context(), x.CreatedAt)
	must(t, err)
	_, err = s.M2MToken(t.Context(), x.ID)
	wantNotFound(t, "a token from before", err)
	if list, total, err := s.ListM2MTokens(t.Context(), store.M2MTokenQuery{MachineID: "mch_1", Limit: 9}, now); err != nil || total+len(list) != 0 {
		t.Errorf("listed: %v of %d, %v", list, total, err)
	}
	fresh := m2mToken(2)
	fresh.CreatedAt = x.CreatedAt.Add(time.Minute)
	if got, err := s.PooledM2MToken(t.Context(), fresh, now); err != nil || got.ID != fresh.ID {
		t.Errorf("pooled a dead token: %x, %v", got.ID[:1], err)
	}
}

func expiredM2MTokens(t *testing.T, s Store) {
	pair(t, s)
	for n := range byte(5) {
		must(t, s.CreateM2MToken(t.Context(), m2mToken(n)))
		must(t, s.NoteUses(t.Context(), map[store.Hash]time.Time{m2mToken(n).ID.Use(): now}))
	}
	expiry, left := m2mToken(0).ExpiresAt, 5
	for _, x := range []struct {
		before time.Time
		want   int
	}{{expiry, 0}, {expiry.Add(time.Millisecond), 3}, {expiry.Add(time.Hour), 2}, {expiry.Add(time.Hour), 0}} {
		if n, err := s.DeleteExpiredM2MTokens(t.Context(), x.before, 3); n != x.want || err != nil {
			t.Errorf("deleted %d, %v, want %d", n, err, x.want)
		}
		left -= x.want
		var uses []store.Hash
		for n := range byte(5) {
			uses = append(uses, store.M2MTokenID{n}.Use())
		}
		if noted, err := s.LastUses(t.Context(), uses...); err != nil || len(noted) != left {
			t.Errorf("%d uses are noted, %v, want %d", len(noted), err, left)
		}
	}
}
