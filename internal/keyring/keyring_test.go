package keyring

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestParseRefusals(t *testing.T) {
	good := strings.TrimSpace(Generate().String())
	tests := []struct{ name, text string }{
		{"empty", " \n,"},
		{"not base64", "***"},
		{"too short", "c2hvcnQ="},
		{"one good, one bad", good + "\n" + good[:20]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text)
			if err == nil {
				t.Fatal("got a ring, want an error")
			}
			if strings.Contains(err.Error(), good[:20]) {
				t.Errorf("the error shows a key: %v", err)
			}
		})
	}
}

func TestRingSurvivesItsText(t *testing.T) {
	r := Generate()
	again, err := Parse(r.String())
	if err != nil || again.Fingerprint() != r.Fingerprint() {
		t.Errorf("got %v, %v, want the same ring", again, err)
	}
	if Generate().Fingerprint() == r.Fingerprint() {
		t.Error("two rings have one fingerprint")
	}
}

func TestOpenMakesOneRing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	var wg sync.WaitGroup
	prints := make([]string, 20)
	for i := range prints {
		wg.Go(func() {
			r, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = r.Fingerprint()
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p != prints[0] {
			t.Fatalf("openers got different rings: %v", prints)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".root.key-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOpenRefusesADamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	if err := os.WriteFile(path, []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

func TestLogsDoNotShowKeys(t *testing.T) {
	r := Generate()
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("start", "ring", r)
	if strings.Contains(b.String(), strings.TrimSpace(r.String())) {
		t.Errorf("the log shows the key: %s", b.String())
	}
}

// box is what Sealer and Authenticator have in common.
type box struct {
	close func([]byte) []byte
	open  func([]byte) ([]byte, error)
}

func boxes(r *Ring, purpose string) map[string]box {
	s, a := r.Sealer(purpose), r.Authenticator(purpose)
	return map[string]box{"sealer": {s.Seal, s.Open}, "authenticator": {a.Tag, a.Open}}
}

func TestOnlyTheRingAndPurposeOpen(t *testing.T) {
	message := []byte("the quick brown fox")
	older, newer := Generate(), Generate()
	rotated, err := Parse(newer.String() + older.String())
	if err != nil {
		t.Fatal(err)
	}
	for kind, made := range boxes(older, "a") {
		t.Run(kind, func(t *testing.T) {
			closed := made.close(message)
			tests := []struct {
				name string
				by   box
				ok   bool
			}{
				{"itself", made, true},
				{"after a rotation", boxes(rotated, "a")[kind], true},
				{"another purpose", boxes(older, "b")[kind], false},
				{"another ring", boxes(newer, "a")[kind], false},
			}
			for _, tt := range tests {
				got, err := tt.by.open(closed)
				if (err == nil) != tt.ok || tt.ok && !bytes.Equal(got, message) {
					t.Errorf("%s: got %q, %v, want success %v", tt.name, got, err, tt.ok)
				}
			}
			for i := range closed {
				bad := bytes.Clone(closed)
				bad[i] ^= 1
				if _, err := made.open(bad); err != ErrForged {
					t.Fatalf("byte %d changed: got %v, want ErrForged", i, err)
				}
				if _, err := made.open(closed[:i]); err != ErrForged {
					t.Fatalf("cut to %d bytes: got %v, want ErrForged", i, err)
				}
			}
		})
	}
}

func TestTagIsDeterministicAndSealIsNot(t *testing.T) {
	r := Generate()
	a, s := r.Authenticator("x"), r.Sealer("x")
	if !bytes.Equal(a.Tag([]byte("m")), a.Tag([]byte("m"))) {
		t.Error("two tags of one message differ")
	}
	if bytes.Equal(s.Seal([]byte("m")), s.Seal([]byte("m"))) {
		t.Error("two seals of one message are the same")
	}
}

func ExampleRing_LogValue() {
	fmt.Println(Generate().LogValue())
	// Output: [root keys]
}
