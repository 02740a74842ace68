# The commands of this repository. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: demo build run test lint fuzz crash bench microbench check help

FUZZTIME ?= 20s
KILLS ?= 100
LINTER = go tool -modfile=tools/go.mod

demo: build ## Start Signet with a sample client; needs nothing but Go
	@./bin/signet demo

build: ## Build ./bin/signet, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/signet ./cmd/signet

run: build ## Start Signet with its data in ./data
	@./bin/signet serve

test: ## Install what the tests lack, lint, and run all of them
	@scripts/test

lint: ## Look for mistakes and for files that gofumpt would write otherwise
	go vet ./...
	$(LINTER) staticcheck ./...
	@unformatted=$$($(LINTER) gofumpt -l cmd internal test) && test -z "$$unformatted" || \
		{ echo "gofumpt would change:"; echo "$$unformatted"; exit 1; }

fuzz: ## Run every fuzz target for FUZZTIME (20s)
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' internal | while IFS=: read -r file name; do \
		echo "fuzz: $${name#func } in $$(dirname $$file)"; \
		go test -run='^$$' -fuzz="^$${name#func }\$$" -fuzztime=$(FUZZTIME) ./$$(dirname $$file) || exit 1; \
	done

crash: ## Kill Signet and PostgreSQL in mid-load, KILLS times each (100)
	SIGNET_CRASH_KILLS=$(KILLS) SIGNET_NODES_KILLS=20 SIGNET_NODES_PAUSE=30 \
		scripts/with-postgres go test -count=1 -p 1 -timeout 1h -v ./test/crash ./test/nodes

bench: ## Compare Signet with a bare server and a peer; writes docs/benchmarks.md
	@scripts/bench

microbench: ## Run the Go benchmarks of single operations
	scripts/with-postgres go test -run='^$$' -bench=. -benchmem -cpu 1 ./internal/...
	go test -run='^$$' -bench=BenchmarkPage -cpu 2 ./test/flows

check: test ## What the continuous integration runs

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10
