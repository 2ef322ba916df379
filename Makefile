# Every target installs what is missing into this folder first, and nothing outside of it. npm scripts run under the
# Node 24 that the packages bring, whatever `node` is on the PATH.
.DEFAULT_GOAL := help
.PHONY: help demo test up down

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: node_modules/.package-lock.json ## a real cluster with Sallyport, and one command that needs approval; ends by itself
	@npm run --silent demo

test: node_modules/.package-lock.json ## lint, types, unit, architecture, integration and end-to-end tests
	@npm test --silent

up: node_modules/.package-lock.json ## a cluster with Sallyport for working by hand
	@npm run --silent install-sallyport -- up

down: node_modules/.package-lock.json ## ends what `make up` began
	@npm run --silent install-sallyport -- down

# No package needs an install script, so none may run.
node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
