# Every target installs what is missing into this folder first, and nothing outside of it. npm scripts run under the
# Node 24 that the packages bring, whatever `node` is on the PATH.
.DEFAULT_GOAL := help
.PHONY: help demo test proof bench up down

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: node_modules/.package-lock.json ## a real cluster with Sallyport, and one command that needs approval; ends by itself
	@npm run --silent demo

test: node_modules/.package-lock.json ## lint, types, unit, architecture, integration and end-to-end tests
	@npm test --silent

proof: node_modules/.package-lock.json ## the long form of the proofs among the tests: an hour or more; see docs/proof.md
	@npm run --silent proof

bench: node_modules/.package-lock.json bench/node_modules/.package-lock.json ## the webhook beside its peers, the audit receiver beside its floor; writes bench/README.md
	@npm run --silent bench
	@npm run --silent bench-audit

up: node_modules/.package-lock.json ## a cluster with Sallyport for working by hand
	@npm run --silent install-sallyport -- up

down: node_modules/.package-lock.json ## ends what `make up` began
	@npm run --silent install-sallyport -- down

# Not `npm ci`: it refuses a lock file without the packages for other platforms, which a partial mirror does not have.
# --no-save keeps the lock file as it is. No package needs an install script, so none may run. The warnings that are left
# out say that the npm on the PATH runs under an older Node than ours.
node_modules/.package-lock.json: package-lock.json
	@echo 'installing packages into node_modules'
	@npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Peers of the benchmark, which nothing else needs.
bench/node_modules/.package-lock.json: bench/package.json
	@echo 'installing packages into bench/node_modules'
	@npm install --prefix bench --no-save --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
