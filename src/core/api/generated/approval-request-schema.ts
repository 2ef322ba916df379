// Generated from crds/ by `npm run generate`. Do not edit.
import { z } from 'zod';

/** What zod checks of an ApprovalRequest: spec and status; metadata is the API server's business. */
export function approvalRequestSchema(): z.ZodType {
  return z.fromJSONSchema({
  "type": "object",
  "required": [
    "spec"
  ],
  "properties": {
    "spec": {
      "type": "object",
      "required": [
        "action"
      ],
      "properties": {
        "requester": {
          "type": "object",
          "description": "Stamped. A value of the client's is refused unless it is the client.",
          "required": [
            "username"
          ],
          "properties": {
            "username": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024
            },
            "uid": {
              "type": "string",
              "maxLength": 1024
            },
            "groups": {
              "type": "array",
              "maxItems": 512,
              "items": {
                "type": "string",
                "maxLength": 1024
              }
            },
            "extra": {
              "type": "object",
              "maxProperties": 32,
              "additionalProperties": {
                "type": "array",
                "maxItems": 16,
                "items": {
                  "type": "string",
                  "maxLength": 1024
                }
              }
            },
            "class": {
              "type": "string",
              "enum": [
                "Human",
                "ServiceAccount",
                "Agent",
                "System"
              ]
            },
            "person": {
              "type": "string",
              "maxLength": 1024
            },
            "owner": {
              "type": "string",
              "maxLength": 1024
            },
            "impersonated": {
              "type": "boolean"
            }
          },
          "additionalProperties": false
        },
        "action": {
          "type": "object",
          "description": "What is to be done. The requester writes it, or the webhook that met the action.",
          "required": [
            "operation",
            "version",
            "resource"
          ],
          "properties": {
            "binding": {
              "type": "string",
              "enum": [
                "Scope"
              ],
              "description": "Scope: any such action on the object of this name, whatever its content; of an exec, any command that begins with these elements. Without it, exactly this action."
            },
            "interactive": {
              "type": "boolean",
              "description": "Of a Scope, that it covers stdin, terminals, shells and what else cannot be seen beforehand."
            },
            "operation": {
              "type": "string",
              "enum": [
                "CREATE",
                "UPDATE",
                "DELETE",
                "CONNECT"
              ]
            },
            "group": {
              "type": "string",
              "maxLength": 253,
              "default": ""
            },
            "version": {
              "type": "string",
              "minLength": 1,
              "maxLength": 63
            },
            "resource": {
              "type": "string",
              "minLength": 1,
              "maxLength": 253
            },
            "subresource": {
              "type": "string",
              "maxLength": 253
            },
            "namespace": {
              "type": "string",
              "maxLength": 63,
              "description": "Omitted for a cluster-scoped target."
            },
            "name": {
              "type": "string",
              "maxLength": 253,
              "description": "Omitted where the server will generate it."
            },
            "targetUID": {
              "type": "string",
              "maxLength": 64,
              "description": "uid of the object that is changed, deleted or connected to. Omitted in a request written by hand, it is that of the object now."
            },
            "exec": {
              "type": "object",
              "description": "Of pods/exec and pods/attach. Absent fields are what the plain command sends: no stdin, no tty.",
              "properties": {
                "container": {
                  "type": "string",
                  "maxLength": 63
                },
                "command": {
                  "type": "array",
                  "maxItems": 256,
                  "items": {
                    "type": "string",
                    "maxLength": 16384
                  }
                },
                "stdin": {
                  "type": "boolean"
                },
                "stdout": {
                  "type": "boolean"
                },
                "stderr": {
                  "type": "boolean"
                },
                "tty": {
                  "type": "boolean"
                }
              },
              "additionalProperties": false
            },
            "options": {
              "type": "object",
              "description": "Of every other CONNECT, and of DELETE, as the API server decoded them.",
              "additionalProperties": true
            },
            "object": {
              "type": "object",
              "description": "Of CREATE. Values of Secrets are replaced by an HMAC.",
              "additionalProperties": true
            },
            "changes": {
              "type": "array",
              "maxItems": 128,
              "description": "Of UPDATE, each path that changes, with the old and the new value as JSON. Neither: a path that the policies ignore, any value.",
              "items": {
                "type": "object",
                "required": [
                  "path"
                ],
                "properties": {
                  "path": {
                    "type": "string",
                    "maxLength": 1024,
                    "description": "A JSON pointer (RFC 6901)."
                  },
                  "old": {
                    "type": "string",
                    "maxLength": 8192,
                    "description": "Absent where there was nothing."
                  },
                  "new": {
                    "type": "string",
                    "maxLength": 8192,
                    "description": "Absent where nothing will be."
                  }
                },
                "additionalProperties": false
              }
            },
            "omitted": {
              "type": "string",
              "maxLength": 256,
              "description": "Stamped. What is bound by the digest but too large to keep here."
            }
          },
          "additionalProperties": false
        },
        "digest": {
          "type": "string",
          "pattern": "^sha256:[0-9a-f]{64}$",
          "maxLength": 71,
          "description": "Stamped. SHA-256 of the canonical action."
        },
        "fingerprint": {
          "type": "string",
          "pattern": "^sha256:[0-9a-f]{64}$",
          "maxLength": 71,
          "description": "Stamped. SHA-256 of username, uid and digest."
        },
        "policies": {
          "type": "array",
          "maxItems": 16,
          "description": "Stamped. The terms of each policy that matched, as they were.",
          "items": {
            "type": "object",
            "required": [
              "name",
              "uid",
              "generation",
              "terms"
            ],
            "properties": {
              "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253
              },
              "uid": {
                "type": "string",
                "minLength": 1,
                "maxLength": 64
              },
              "generation": {
                "type": "integer"
              },
              "terms": {
                "type": "object",
                "required": [
                  "stages",
                  "timeoutSeconds",
                  "grant"
                ],
                "properties": {
                  "stages": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 8,
                    "items": {
                      "type": "object",
                      "required": [
                        "name",
                        "required",
                        "approvers"
                      ],
                      "properties": {
                        "name": {
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 63
                        },
                        "required": {
                          "type": "integer",
                          "minimum": 1,
                          "maximum": 16
                        },
                        "approvers": {
                          "type": "array",
                          "minItems": 1,
                          "maxItems": 64,
                          "items": {
                            "type": "object",
                            "required": [
                              "kind",
                              "name"
                            ],
                            "properties": {
                              "kind": {
                                "type": "string",
                                "enum": [
                                  "User",
                                  "Group",
                                  "ServiceAccount",
                                  "SlackUserGroup"
                                ]
                              },
                              "name": {
                                "type": "string",
                                "minLength": 1,
                                "maxLength": 253
                              },
                              "namespace": {
                                "type": "string",
                                "maxLength": 63
                              }
                            },
                            "additionalProperties": false
                          }
                        },
                        "escalateAfterSeconds": {
                          "type": "integer",
                          "minimum": 1,
                          "maximum": 2592000
                        },
                        "escalateTo": {
                          "type": "array",
                          "minItems": 1,
                          "maxItems": 64,
                          "items": {
                            "type": "object",
                            "required": [
                              "kind",
                              "name"
                            ],
                            "properties": {
                              "kind": {
                                "type": "string",
                                "enum": [
                                  "User",
                                  "Group",
                                  "ServiceAccount",
                                  "SlackUserGroup"
                                ]
                              },
                              "name": {
                                "type": "string",
                                "minLength": 1,
                                "maxLength": 253
                              },
                              "namespace": {
                                "type": "string",
                                "maxLength": 63
                              }
                            },
                            "additionalProperties": false
                          }
                        }
                      },
                      "additionalProperties": false
                    }
                  },
                  "timeoutSeconds": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 2592000
                  },
                  "separation": {
                    "type": "string",
                    "enum": [
                      "Strict"
                    ]
                  },
                  "minAssurance": {
                    "type": "string",
                    "enum": [
                      "Console",
                      "Kubernetes"
                    ]
                  },
                  "requireReason": {
                    "type": "boolean"
                  },
                  "reasonPattern": {
                    "type": "string",
                    "maxLength": 512
                  },
                  "breakGlass": {
                    "type": "object",
                    "required": [
                      "subjects",
                      "maxWindowSeconds"
                    ],
                    "properties": {
                      "subjects": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 64,
                        "items": {
                          "type": "object",
                          "required": [
                            "kind",
                            "name"
                          ],
                          "properties": {
                            "kind": {
                              "type": "string",
                              "enum": [
                                "User",
                                "Group",
                                "ServiceAccount"
                              ]
                            },
                            "name": {
                              "type": "string",
                              "minLength": 1,
                              "maxLength": 253
                            },
                            "namespace": {
                              "type": "string",
                              "maxLength": 63
                            }
                          },
                          "additionalProperties": false
                        }
                      },
                      "maxWindowSeconds": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 86400
                      }
                    },
                    "additionalProperties": false
                  },
                  "grant": {
                    "type": "object",
                    "required": [
                      "type",
                      "binding",
                      "useWithinSeconds"
                    ],
                    "properties": {
                      "type": {
                        "type": "string",
                        "enum": [
                          "Once",
                          "Window"
                        ]
                      },
                      "binding": {
                        "type": "string",
                        "enum": [
                          "Exact",
                          "Scope"
                        ]
                      },
                      "allowInteractive": {
                        "type": "boolean",
                        "description": "Of a Scope."
                      },
                      "commandPrefix": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 16,
                        "description": "Of a Scope."
                      },
                      "useWithinSeconds": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 2592000
                      },
                      "windowSeconds": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 2592000,
                        "description": "Of a Window, from the approval."
                      },
                      "maxUses": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 64,
                        "description": "Of a Window."
                      },
                      "ignorePaths": {
                        "type": "array",
                        "maxItems": 32,
                        "items": {
                          "type": "string",
                          "maxLength": 512
                        }
                      }
                    },
                    "additionalProperties": false
                  }
                },
                "additionalProperties": false
              }
            },
            "additionalProperties": false
          }
        },
        "summary": {
          "type": "object",
          "description": "Stamped. The action and its target in a few words, for people and printer columns.",
          "required": [
            "action",
            "target"
          ],
          "properties": {
            "action": {
              "type": "string",
              "maxLength": 512
            },
            "target": {
              "type": "string",
              "maxLength": 512
            }
          },
          "additionalProperties": false
        },
        "unbounded": {
          "type": "string",
          "maxLength": 512,
          "description": "Stamped. Why an approver cannot see all that this allows."
        },
        "reason": {
          "type": "string",
          "maxLength": 2048
        },
        "ticket": {
          "type": "string",
          "maxLength": 512
        },
        "duration": {
          "type": "string",
          "maxLength": 32,
          "description": "Of a Window, no longer than this."
        },
        "seal": {
          "type": "string",
          "maxLength": 512,
          "description": "Stamped."
        }
      },
      "additionalProperties": false
    },
    "status": {
      "type": "object",
      "properties": {
        "observedGeneration": {
          "type": "integer"
        },
        "state": {
          "type": "string",
          "enum": [
            "Pending",
            "Approved",
            "Denied",
            "Expired",
            "Consumed",
            "Revoked",
            "Cancelled"
          ]
        },
        "approvals": {
          "type": "string",
          "maxLength": 253,
          "description": "Such as 1/2, a stage after the other."
        },
        "expiresAt": {
          "type": "string",
          "format": "date-time",
          "description": "While Pending, the last moment to approve; while Approved, to use it for the first time, and once a window was used, its end."
        },
        "endedAt": {
          "type": "string",
          "format": "date-time"
        },
        "seal": {
          "type": "string",
          "maxLength": 512,
          "description": "HMAC over the uid of the request and the whole status. A status without a true one does not count."
        },
        "stages": {
          "type": "array",
          "maxItems": 128,
          "items": {
            "type": "object",
            "required": [
              "policy",
              "name",
              "approved",
              "required"
            ],
            "properties": {
              "policy": {
                "type": "string",
                "maxLength": 253
              },
              "name": {
                "type": "string",
                "maxLength": 63
              },
              "approved": {
                "type": "integer",
                "minimum": 0
              },
              "required": {
                "type": "integer",
                "minimum": 1
              },
              "openedAt": {
                "type": "string",
                "format": "date-time",
                "description": "When it began to take approvals."
              },
              "brokenAt": {
                "type": "string",
                "format": "date-time",
                "description": "When its requester broke the glass of its policy, which needs no approvals since."
              },
              "escalatedAt": {
                "type": "string",
                "format": "date-time",
                "description": "From when on those of escalateTo may approve too."
              }
            },
            "additionalProperties": false
          }
        },
        "votes": {
          "type": "array",
          "maxItems": 64,
          "description": "The counted votes, in the order in which they were counted.",
          "items": {
            "type": "object",
            "required": [
              "uid",
              "name",
              "person",
              "username",
              "decision",
              "via",
              "at"
            ],
            "properties": {
              "uid": {
                "type": "string",
                "maxLength": 64
              },
              "name": {
                "type": "string",
                "maxLength": 253
              },
              "person": {
                "type": "string",
                "maxLength": 1024
              },
              "username": {
                "type": "string",
                "maxLength": 1024
              },
              "decision": {
                "type": "string",
                "enum": [
                  "Approve",
                  "Deny",
                  "Revoke",
                  "Cancel",
                  "BreakGlass",
                  "Acknowledge"
                ]
              },
              "via": {
                "type": "string",
                "maxLength": 32
              },
              "at": {
                "type": "string",
                "format": "date-time"
              },
              "reason": {
                "type": "string",
                "maxLength": 2048
              }
            },
            "additionalProperties": false
          }
        },
        "uses": {
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "object",
            "required": [
              "id",
              "decision",
              "at",
              "username"
            ],
            "properties": {
              "id": {
                "type": "string",
                "maxLength": 64
              },
              "decision": {
                "type": "string",
                "maxLength": 64,
                "description": "The decision id that allowed it; also in the audit event."
              },
              "at": {
                "type": "string",
                "format": "date-time"
              },
              "username": {
                "type": "string",
                "maxLength": 1024
              },
              "credential": {
                "type": "string",
                "maxLength": 1024,
                "description": "authentication.kubernetes.io/credential-id of the caller where the cluster sets it."
              },
              "targetUID": {
                "type": "string",
                "maxLength": 64
              },
              "ignored": {
                "type": "string",
                "pattern": "^sha256:[0-9a-f]{64}$",
                "maxLength": 71,
                "description": "Hash of the values at the paths that the approval does not bind."
              },
              "digest": {
                "type": "string",
                "pattern": "^sha256:[0-9a-f]{64}$",
                "maxLength": 71,
                "description": "Of the canonical action that was let through, which a Scope does not name."
              },
              "summary": {
                "type": "string",
                "maxLength": 512,
                "description": "Of a Scope, what was let through in a few words."
              },
              "repeats": {
                "type": "integer",
                "minimum": 0,
                "maximum": 64,
                "description": "How often the API server reviewed the same write again."
              },
              "repeatedAt": {
                "type": "string",
                "format": "date-time"
              },
              "givenBack": {
                "type": "object",
                "description": "An audit event proves that nothing came of it: it does not count (R42).",
                "required": [
                  "at",
                  "code"
                ],
                "properties": {
                  "at": {
                    "type": "string",
                    "format": "date-time"
                  },
                  "code": {
                    "type": "integer",
                    "enum": [
                      400,
                      403,
                      404,
                      409,
                      422,
                      429
                    ],
                    "description": "What the API server answered in the end."
                  }
                },
                "additionalProperties": false
              }
            },
            "additionalProperties": false
          }
        },
        "notifications": {
          "type": "array",
          "maxItems": 64,
          "description": "Who was told of it, where, and of what.",
          "items": {
            "type": "object",
            "required": [
              "channel"
            ],
            "properties": {
              "channel": {
                "type": "string",
                "minLength": 1,
                "maxLength": 300,
                "description": "Such as `Slack #prod-access`."
              },
              "told": {
                "type": "array",
                "maxItems": 32,
                "items": {
                  "type": "string",
                  "maxLength": 64
                },
                "description": "Of what it was told, such as Asked and Approved."
              },
              "at": {
                "type": "string",
                "format": "date-time",
                "description": "When it was told last."
              },
              "triedAt": {
                "type": "string",
                "format": "date-time",
                "description": "When telling began. Without a later `at`, nobody knows whether it arrived."
              },
              "handle": {
                "type": "string",
                "maxLength": 512,
                "description": "Where the message stands, so that it can be changed: of Slack `C0123/1700000000.000100`."
              },
              "problem": {
                "type": "string",
                "maxLength": 512,
                "description": "Why it could not be told."
              }
            },
            "additionalProperties": false
          }
        },
        "conditions": {
          "type": "array",
          "maxItems": 16,
          "items": {
            "type": "object",
            "required": [
              "type",
              "status",
              "reason",
              "message",
              "lastTransitionTime"
            ],
            "properties": {
              "type": {
                "type": "string",
                "maxLength": 316
              },
              "status": {
                "type": "string",
                "enum": [
                  "True",
                  "False",
                  "Unknown"
                ]
              },
              "observedGeneration": {
                "type": "integer"
              },
              "lastTransitionTime": {
                "type": "string",
                "format": "date-time"
              },
              "reason": {
                "type": "string",
                "minLength": 1,
                "maxLength": 128
              },
              "message": {
                "type": "string",
                "maxLength": 4096
              }
            },
            "additionalProperties": false
          }
        }
      },
      "additionalProperties": false
    }
  }
});
}
