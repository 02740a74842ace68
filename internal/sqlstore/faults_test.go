package sqlstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// A disk is the system's files until one of its calls fails.
type disk struct {
	vfs.VFS
	mu     sync.Mutex
	left   int   // calls until the fault; negative for never
	fault  error // what the call fails with
	forAll bool  // all calls after it fail as well
	met    bool
}

const layer = "faulty"

var faulty = &disk{VFS: vfs.Find(""), left: -1}

func init() { vfs.Register(layer, faulty) }

func (d *disk) arm(left int, fault error, forAll bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left, d.fault, d.forAll, d.met = left, fault, forAll, false
}

func (d *disk) disarm() (met bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left = -1
	return d.met
}

// call is what every access that can fail asks first.
func (d *disk) call() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.left < 0:
		return nil
	case d.left > 0:
		d.left--
		return nil
	}
	d.met = true
	if !d.forAll {
		d.left = -1
	}
	return d.fault
}

func (d *disk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(d.VFS, name, flags)
	if err != nil {
		return nil, flags, err
	}
	return &faultyFile{f, d}, flags, nil
}

// A faultyFile fails when its disk does.
type faultyFile struct {
	vfs.File
	disk *disk
}

func (f *faultyFile) Unwrap() vfs.File { return f.File }

func (f *faultyFile) SharedMemory() vfs.SharedMemory { return vfsutil.WrapSharedMemory(f.File) }

func (f *faultyFile) WriteAt(b []byte, off int64) (int, error) {
	if err := f.disk.call(); err != nil {
		n, _ := f.File.WriteAt(b[:len(b)/2], off) // a write may fail half done
		return n, err
	}
	return f.File.WriteAt(b, off)
}

func (f *faultyFile) Sync(flags vfs.SyncFlag) error {
	if err := f.disk.call(); err != nil {
		return err
	}
	return f.File.Sync(flags)
}

func (f *faultyFile) Truncate(size int64) error {
	if err := f.disk.call(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

// A deed is an operation, and how to find out whether it happened: whole, not at
// all, or half, which is the error.
type deed struct {
	name     string
	do       func(*DB) error
	happened func(*DB) (bool, error)
}

// deeds do not stand on one another, so that each may fail or not.
func deeds(t *testing.T) []deed {
	ctx, grantAt := t.Context(), func(db *DB, n int) (store.Standing, error) { return db.Grant(t.Context(), newGrant(n).ID, now) }
	found := func(err error) (bool, error) {
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	}
	signIn := store.Session{ID: "sess_2", Cookie: store.Hash{2}, UserID: "user_1", SignedInAt: now.Add(time.Hour), ExpiresAt: now.Add(48 * time.Hour)}
	return []deed{
		{"redeem", func(db *DB) error { return db.RedeemCode(ctx, newGrant(3)) }, func(db *DB) (bool, error) {
			_, err := grantAt(db, 3)
			return found(err)
		}},
		{"rotate", func(db *DB) error {
			s, err := db.RotateRefreshToken(ctx, store.Rotation{ID: newGrant(1).ID, ClientID: "client", Generation: 1, Now: now.Add(time.Minute), ExpiresAt: now.Add(time.Hour)})
			if err == nil && !s.Rotated {
				return errors.New("not rotated")
			}
			return err
		}, func(db *DB) (bool, error) {
			s, err := grantAt(db, 1)
			return s.Generation == 2, err
		}},
		{"revoke", func(db *DB) error { return db.RevokeGrant(ctx, newGrant(2).ID, oauth.ClientRevoked, now) }, func(db *DB) (bool, error) {
			s, err := grantAt(db, 2)
			return s.Revoked == oauth.ClientRevoked, err
		}},
		{"create a client", func(db *DB) error {
			return db.CreateClient(ctx, store.Client{ApplicationID: "oa_3", Client: oauth.Client{ID: "client3"}})
		}, func(db *DB) (bool, error) {
			_, err := db.ClientByID(ctx, "oa_3")
			return found(err)
		}},
		{"sign in", func(db *DB) error { return db.CreateSession(ctx, signIn) }, func(db *DB) (bool, error) {
			_, user, err := db.SessionWithUser(ctx, signIn.Cookie, now)
			signedIn, err := found(err)
			if signedIn && !user.LastSignInAt.Equal(signIn.SignedInAt) {
				err = errors.New("a session without the user's time of sign-in")
			}
			return signedIn, err
		}},
		{"ban", func(db *DB) error { return db.SetBanned(ctx, "user_2", true, now) }, func(db *DB) (bool, error) {
			u, err := db.UserByID(ctx, "user_2")
			return u.Banned, err
		}},
		{"delete a client", func(db *DB) error { return db.DeleteClient(ctx, "oa_2") }, func(db *DB) (bool, error) {
			_, err := db.ClientByID(ctx, "oa_2")
			there, err := found(err)
			connection, e := db.Connection(ctx, "user_1", "client2")
			if err == nil && e == nil && there != (len(connection.Scopes) > 0) {
				err = errors.New("a client without its connections, or they without it")
			}
			return !there, errors.Join(err, e)
		}},
	}
}

// template is a database on which all deeds can be done.
func template(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "template.db")
	db := seeded(t, path)
	err := errors.Join(
		db.CreateUser(t.Context(), store.User{ID: "user_2"}),
		db.CreateClient(t.Context(), store.Client{ApplicationID: "oa_2", Client: oauth.Client{ID: "client2"}}),
		db.Agree(t.Context(), "user_1", "client2", oauth.Scopes{"profile"}, now),
		db.RedeemCode(t.Context(), newGrant(1)), db.RedeemCode(t.Context(), newGrant(2)),
		db.Close()) // which empties the log into the file
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestFaultsOfTheDisk lets the disk fail at its first write, at its second, and so
// on until a run meets no fault: once, and from then on.
func TestFaultsOfTheDisk(t *testing.T) {
	whole := template(t)
	for _, tt := range []struct {
		name   string
		fault  error
		forAll bool
	}{
		{"one write or sync fails", sqlite3.IOERR_WRITE, false},
		{"all fail from then on", sqlite3.IOERR_FSYNC, true},
		{"there is no room for one", sqlite3.FULL, false},
		{"there is no room from then on", sqlite3.FULL, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			step := 1
			if tt.forAll {
				step = 3 // what fails first decides; the rest fails alike
			}
			for n := 0; ; n += step {
				if met := runWithFault(t, whole, n, tt.fault, tt.forAll); !met {
					if n < 20 {
						t.Errorf("only %d calls were made to fail", n)
					}
					return
				}
			}
		})
	}
}

func runWithFault(t *testing.T, whole []byte, n int, fault error, forAll bool) (met bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "signet.db")
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := openSQLiteOver(t.Context(), path, layer)
	if err != nil {
		t.Fatal(err)
	}
	all := deeds(t)
	errs := make([]error, len(all))
	faulty.arm(n, fault, forAll)
	for i, d := range all {
		if errs[i] = d.do(db); errs[i] != nil && !errors.Is(errs[i], store.ErrUnavailable) {
			t.Errorf("fault %d, %s: %v, want ErrUnavailable", n, d.name, errs[i])
		}
	}
	met = faulty.disarm()
	check(t, fmt.Sprintf("fault %d", n), db, all, errs)
	if err := db.RedeemCode(t.Context(), newGrant(9)); err != nil {
		t.Errorf("fault %d: when it was over: %v", n, err)
	}
	if err := db.engine.close(); err != nil {
		t.Errorf("fault %d: closing: %v", n, err)
	}
	again := open(t, path)
	check(t, fmt.Sprintf("fault %d, opened again", n), again, all, errs)
	var verdict string
	if err := again.read.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("fault %d: the file is %s, %v", n, verdict, err)
	}
	return met
}

// check compares what was acknowledged with what is there.
func check(t *testing.T, when string, db *DB, all []deed, errs []error) {
	t.Helper()
	for i, d := range all {
		happened, err := d.happened(db)
		switch {
		case err != nil:
			t.Errorf("%s, %s: %v", when, d.name, err)
		case errs[i] == nil && !happened:
			t.Errorf("%s: %s was acknowledged and is lost", when, d.name)
		}
	}
}
