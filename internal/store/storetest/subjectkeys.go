package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var subjectKeyPromises = map[string]func(*testing.T, Store){
	"a key is kept":                         subjectKeyIsKept,
	"keys are listed":                       subjectKeysAreListed,
	"changes of a key are not lost":         subjectKeyChanges,
	"a key is revoked once":                 subjectKeyIsRevoked,
	"a key ends":                            subjectKeyEnds,
	"a key goes with its user":              subjectKeyOfDeletedUser,
	"a key goes with its organization":      subjectKeyOfDeletedOrganization,
	"a ban kills keys for good":             subjectKeyOfBannedUser,
	"cutting off kills keys":                subjectKeyIsCutOff,
	"expired keys are deleted":              expiredSubjectKeys,
	"a key is deleted once":                 subjectKeyIsDeleted,
	"a key belongs to somebody who is here": subjectKeyOfNobody,
}

func subjectKey(n byte) store.SubjectKey {
	later := now.Add(time.Second)
	return store.SubjectKey{
		ID: store.SubjectKeyID{n}, Subject: user, Name: "Key " + string('0'+rune(n)), Description: new("of a test"),
		Claims: json.RawMessage(`{"a":1}`), Scopes: []string{"read", "write all"}, CreatedBy: new("user_2"),
		ExpiresAt: later.Add(time.Hour), CreatedAt: later, UpdatedAt: later,
	}
}

func subjectKeyIsKept(t *testing.T, s Store) {
	plain := subjectKey(2)
	plain.Description, plain.Claims, plain.Scopes, plain.CreatedBy, plain.ExpiresAt = nil, nil, []string{}, nil, time.Time{}
	for _, want := range []store.SubjectKey{subjectKey(1), plain} {
		must(t, s.CreateSubjectKey(t.Context(), want))
		got, err := s.SubjectKey(t.Context(), want.ID)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
		got, err = s.LiveSubjectKey(t.Context(), want.ID, now)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("live: %v (-want +got)\n%s", err, diff)
		}
	}
	_, err := s.SubjectKey(t.Context(), store.SubjectKeyID{9})
	wantNotFound(t, "another key", err)
}

func subjectKeysAreListed(t *testing.T, s Store) {
	must(t, s.CreateUser(t.Context(), newUser("user_2", "grace@example.com")))
	for n := byte(1); n <= 5; n++ {
		k := subjectKey(n)
		switch n {
		case 2:
			k.ExpiresAt = now.Add(2 * time.Second)
		case 5:
			k.Subject = "user_2"
		}
		must(t, s.CreateSubjectKey(t.Context(), k))
	}
	_, err := s.RevokeSubjectKey(t.Context(), store.SubjectKeyID{3}, nil, now)
	must(t, err)
	for _, x := range []struct {
		q     store.SubjectKeyQuery
		want  string
		total int
	}{
		{store.SubjectKeyQuery{Subject: user, Limit: 9}, "\x04\x01", 2},
		{store.SubjectKeyQuery{Subject: user, Limit: 2, Offset: 1, IncludeInvalid: true}, "\x03\x02", 4},
		{store.SubjectKeyQuery{Subject: user, Limit: 9, Query: "EY 4"}, "\x04", 1},
		{store.SubjectKeyQuery{Subject: user, Limit: 9, Query: store.SubjectKeyID{1}.String()}, "\x01", 1},
		{store.SubjectKeyQuery{Subject: user, Limit: 9, Query: "\x00"}, "", 0},
		{store.SubjectKeyQuery{Subject: "user_2", Limit: 9}, "\x05", 1},
		{store.SubjectKeyQuery{Subject: "user_\x00", Limit: 9}, "", 0},
	} {
		found, total, err := s.ListSubjectKeys(t.Context(), x.q, now.Add(2*time.Second))
		must(t, err)
		got := ""
		for _, f := range found {
			got += string(f.ID[:1])
		}
		if got != x.want || total != x.total {
			t.Errorf("%+v: %q of %d, want %q of %d", x.q, got, total, x.want, x.total)
		}
	}
}

func subjectKeyChanges(t *testing.T, s Store) {
	must(t, s.CreateUser(t.Context(), newUser("user_2", "grace@example.com")))
	k := subjectKey(1)
	must(t, s.CreateSubjectKey(t.Context(), k))
	later := now.Add(time.Minute)
	changes := []store.SubjectKeyChange{
		{Description: new("")},
		{Claims: json.RawMessage(`{"b":2}`)},
		{Scopes: []string{}},
		{ExpiresAt: new(time.Time{})},
		{Subject: new("user_2")},
	}
	for _, err := range together(len(changes), func(i int) error {
		_, err := s.ChangeSubjectKey(t.Context(), k.ID, changes[i], later)
		return err
	}) {
		must(t, err)
	}
	k.Description, k.Claims, k.Scopes, k.ExpiresAt, k.Subject = new(""), json.RawMessage(`{"b":2}`), []string{}, time.Time{}, "user_2"
	k.UpdatedAt = later.Add(4 * time.Millisecond)
	got, err := s.SubjectKey(t.Context(), k.ID)
	if diff := cmp.Diff(k, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	_, err = s.ChangeSubjectKey(t.Context(), k.ID, store.SubjectKeyChange{Subject: new("user_9")}, later)
	wantNotFound(t, "a subject that does not exist", err)
	_, err = s.ChangeSubjectKey(t.Context(), store.SubjectKeyID{9}, store.SubjectKeyChange{}, later)
	wantNotFound(t, "another key", err)
}

func subjectKeyIsRevoked(t *testing.T, s Store) {
	k := subjectKey(1)
	must(t, s.CreateSubjectKey(t.Context(), k))
	for _, err := range together(8, func(i int) error {
		_, err := s.RevokeSubjectKey(t.Context(), k.ID, new(string(rune('a'+i))), now)
		return err
	}) {
		must(t, err)
	}
	first, err := s.SubjectKey(t.Context(), k.ID)
	must(t, err)
	again, err := s.RevokeSubjectKey(t.Context(), k.ID, new("later"), now.Add(time.Hour))
	if err != nil || !again.RevokedAt.Equal(now) || *again.RevokedReason != *first.RevokedReason {
		t.Errorf("revoked again: %+v, %v", again.Revocation, err)
	}
	wantDead(t, s, "revoked", k.ID)
}

// wantDead wants a key to open nothing, and to be told as such.
func wantDead(t *testing.T, s Store, when string, id store.SubjectKeyID) {
	t.Helper()
	_, err := s.LiveSubjectKey(t.Context(), id, now)
	wantNotFound(t, when, err)
	if k, err := s.SubjectKey(t.Context(), id); err == nil && !k.Revoked() && !k.Withdrawn {
		t.Errorf("%s: the key does not say that it is dead", when)
	}
}

func subjectKeyEnds(t *testing.T, s Store) {
	k := subjectKey(1)
	must(t, s.CreateSubjectKey(t.Context(), k))
	if _, err := s.LiveSubjectKey(t.Context(), k.ID, k.ExpiresAt.Add(-time.Millisecond)); err != nil {
		t.Errorf("before its end: %v", err)
	}
	_, err := s.LiveSubjectKey(t.Context(), k.ID, k.ExpiresAt)
	wantNotFound(t, "at its end", err)
}

func subjectKeyOfDeletedUser(t *testing.T, s Store) {
	must(t, s.CreateSubjectKey(t.Context(), subjectKey(1)))
	must(t, s.DeleteUser(t.Context(), user))
	wantDead(t, s, "its user is gone", subjectKey(1).ID)
	wantNotFound(t, "a key for nobody", s.CreateSubjectKey(t.Context(), subjectKey(2)))
}

func subjectKeyOfDeletedOrganization(t *testing.T, s Store) {
	organization(t, s, "org_1", nil)
	k, moved := subjectKey(1), subjectKey(2)
	k.Subject = "org_1"
	must(t, s.CreateSubjectKey(t.Context(), k))
	must(t, s.CreateSubjectKey(t.Context(), moved))
	_, err := s.ChangeSubjectKey(t.Context(), moved.ID, store.SubjectKeyChange{Subject: new("org_1")}, now)
	must(t, err)
	for _, id := range []store.SubjectKeyID{k.ID, moved.ID} {
		if got, err := s.LiveSubjectKey(t.Context(), id, now); err != nil || got.Subject != "org_1" {
			t.Errorf("of an organization: %+v, %v", got, err)
		}
	}
	must(t, s.DeleteOrganization(t.Context(), "org_1", time.Time{}))
	for _, id := range []store.SubjectKeyID{k.ID, moved.ID} {
		_, err := s.SubjectKey(t.Context(), id)
		wantNotFound(t, "a key of an organization that is gone", err)
	}
	wantNotFound(t, "a key for nobody", s.CreateSubjectKey(t.Context(), k))
}

func subjectKeyOfBannedUser(t *testing.T, s Store) {
	k := subjectKey(1)
	must(t, s.CreateSubjectKey(t.Context(), k))
	must(t, s.SetBanned(t.Context(), user, true, k.CreatedAt))
	wantDead(t, s, "banned", k.ID)
	must(t, s.SetBanned(t.Context(), user, false, k.CreatedAt))
	wantDead(t, s, "unbanned", k.ID)
}

func subjectKeyIsCutOff(t *testing.T, s Store) {
	for n, cut := range map[byte]func(at time.Time) (time.Time, error){
		1: func(at time.Time) (time.Time, error) { return s.CutOffUser(t.Context(), user, at) },
		2: func(at time.Time) (time.Time, error) { return s.CutOff(t.Context(), at) },
	} {
		k := subjectKey(n)
		k.CreatedAt = now.Add(time.Duration(n) * time.Hour)
		must(t, s.CreateSubjectKey(t.Context(), k))
		_, err := cut(k.CreatedAt)
		must(t, err)
		wantDead(t, s, "cut off", k.ID)
	}
}

func expiredSubjectKeys(t *testing.T, s Store) {
	for n := range byte(6) {
		k := subjectKey(n)
		if n == 0 {
			k.ExpiresAt = time.Time{}
		}
		must(t, s.CreateSubjectKey(t.Context(), k))
	}
	expiry := subjectKey(1).ExpiresAt
	for _, x := range []struct {
		before time.Time
		want   int
	}{{expiry, 0}, {expiry.Add(time.Millisecond), 3}, {expiry.Add(time.Hour), 2}, {expiry.Add(time.Hour), 0}} {
		if n, err := s.DeleteExpiredSubjectKeys(t.Context(), x.before, 3); n != x.want || err != nil {
			t.Errorf("deleted %d, %v, want %d", n, err, x.want)
		}
	}
}

func subjectKeyIsDeleted(t *testing.T, s Store) {
	must(t, s.CreateSubjectKey(t.Context(), subjectKey(1)))
	oneOf(t, together(4, func(int) error { return s.DeleteSubjectKey(t.Context(), subjectKey(1).ID) }))
}

func subjectKeyOfNobody(t *testing.T, s Store) {
	machines(t, s, 1)
	k := subjectKey(1)
	k.Subject = "mch_1"
	must(t, s.CreateSubjectKey(t.Context(), k))
	if _, err := s.LiveSubjectKey(t.Context(), k.ID, now); err != nil {
		t.Errorf("of a machine: %v", err)
	}
	k = subjectKey(2)
	k.Subject = client
	wantNotFound(t, "of a client", s.CreateSubjectKey(t.Context(), k))
}
