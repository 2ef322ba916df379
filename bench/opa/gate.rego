# The policies of the benchmark (bench/admission/policies.ts) in Rego. OPA answers `POST /` with data.system.main.
package system

main := {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}

response := {"uid": input.request.uid, "allowed": false, "status": {"code": 403, "message": "needs an approval"}} if {
	gated
	not approved
} else := {"uid": input.request.uid, "allowed": true}

approved if data.approvals[sprintf("%s/%s/%s", [input.request.userInfo.username, input.request.namespace, input.request.name])]

gated if {
	input.request.operation == "CONNECT"
	input.request.resource.resource == "pods"
	input.request.subResource in {"exec", "attach"}
	data.namespaces[input.request.namespace].env == "prod"
	input.request.userInfo.username != "robot"
}

gated if {
	input.request.operation in {"CREATE", "UPDATE"}
	input.request.resource.group == "rbac.authorization.k8s.io"
	input.request.resource.resource == "clusterrolebindings"
	input.request.object.roleRef.name == "cluster-admin"
}

gated if {
	input.request.operation == "UPDATE"
	input.request.resource.group == "apps"
	input.request.resource.resource == "deployments"
	data.namespaces[input.request.namespace].env == "prod"
	input.request.object.spec.replicas == 0
}
