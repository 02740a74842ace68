package crash

import (
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/test/harness"
	"github.com/signet-auth/signet/test/journal"
)

func TestMain(m *testing.M) { harness.Main(m) }

const (
	sample   = 4                     // grants of each client that are looked at after each kill
	shortest = 20 * time.Millisecond // of load before a kill
	longest  = 300 * time.Millisecond
)

func TestKillSignetOnSQLite(t *testing.T) {
	t.Parallel() // these tests wait more than they work
	killSignet(t, harness.NewNode(t))
}

func TestKillSignetOnPostgreSQL(t *testing.T) {
	t.Parallel()
	killSignet(t, harness.NewNode(t, "SIGNET_DATABASE="+pgtest.URL(t)))
}

func killSignet(t *testing.T, node *harness.Node) {
	t.Helper()
	crowd := journal.NewCrowd(t, journal.Options{Nodes: []string{node.URL}, Mortal: node.URL})
	killAgainAndAgain(t, crowd, node.Kill, node.Start)
}

// TestKillPostgreSQL kills the database under a Signet that keeps running.
func TestKillPostgreSQL(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	node := harness.NewNode(t, "SIGNET_DATABASE="+cluster.URL())
	crowd := journal.NewCrowd(t, journal.Options{Nodes: []string{node.URL}, Faults: true})
	killAgainAndAgain(t, crowd, func() {
		cluster.Kill()
		crowd.Wait(0, shortest)
		cluster.Start()
		node.AwaitReady()
		crowd.Wait(0, shortest)
	}, func() {
		if !node.Running() {
			t.Fatal("signet ended with its database")
		}
	})
}

// killAgainAndAgain kills while the crowd works, restores when it does not, and
// then looks whether everything is as it was acknowledged.
func killAgainAndAgain(t *testing.T, crowd *journal.Crowd, kill, restore func()) {
	t.Helper()
	kills := journal.Number(t, "SIGNET_CRASH_KILLS", 8)
	for range kills {
		crowd.WorkDuring(func() {
			crowd.Wait(shortest, longest)
			kill()
		})
		restore()
		crowd.Verify(sample)
	}
	crowd.Verify(journal.All)
	t.Logf("%d kills; %v", kills, &crowd.Tally)
	if !crowd.Complete() {
		t.Error("something was not tested at all")
	}
}
