// Generated from crds/ by `npm run generate`. Do not edit.
import { z } from 'zod';

/** What zod checks of an ApprovalPolicy: spec and status; metadata is the API server's business. */
export function approvalPolicySchema(): z.ZodType {
  return z.fromJSONSchema({
  "type": "object",
  "required": [
    "spec"
  ],
  "properties": {
    "spec": {
      "type": "object",
      "required": [
        "match",
        "approval"
      ],
      "properties": {
        "description": {
          "type": "string",
          "maxLength": 512,
          "description": "What this policy is for, in the words an approver will read."
        },
        "match": {
          "type": "object",
          "description": "Which requests need approval, in the words of ValidatingAdmissionPolicy.",
          "required": [
            "resourceRules"
          ],
          "properties": {
            "resourceRules": {
              "type": "array",
              "minItems": 1,
              "maxItems": 32,
              "items": {
                "type": "object",
                "required": [
                  "apiGroups",
                  "apiVersions",
                  "operations",
                  "resources"
                ],
                "properties": {
                  "apiGroups": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 16,
                    "items": {
                      "type": "string",
                      "maxLength": 253,
                      "pattern": "^(\\*|[a-z0-9.-]*)$"
                    }
                  },
                  "apiVersions": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 16,
                    "items": {
                      "type": "string",
                      "maxLength": 63,
                      "pattern": "^(\\*|[a-z0-9]([a-z0-9-]*[a-z0-9])?)$"
                    }
                  },
                  "operations": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 5,
                    "items": {
                      "type": "string",
                      "enum": [
                        "CREATE",
                        "UPDATE",
                        "DELETE",
                        "CONNECT",
                        "*"
                      ]
                    }
                  },
                  "resources": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "maxLength": 253,
                      "pattern": "^(\\*|[a-z0-9.-]+)(/(\\*|[a-z0-9.-]+))?$"
                    }
                  },
                  "resourceNames": {
                    "type": "array",
                    "maxItems": 64,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253
                    },
                    "description": "Omitted or empty means every name."
                  },
                  "scope": {
                    "type": "string",
                    "enum": [
                      "*",
                      "Cluster",
                      "Namespaced"
                    ],
                    "description": "Omitted means both."
                  }
                },
                "additionalProperties": false
              }
            },
            "namespaceSelector": {
              "type": "object",
              "description": "Omitted or empty means every namespace. Cluster-scoped objects are not limited by it, except namespaces by their own labels.",
              "properties": {
                "matchLabels": {
                  "type": "object",
                  "maxProperties": 32,
                  "additionalProperties": {
                    "type": "string",
                    "maxLength": 63
                  }
                },
                "matchExpressions": {
                  "type": "array",
                  "maxItems": 32,
                  "items": {
                    "type": "object",
                    "required": [
                      "key",
                      "operator"
                    ],
                    "properties": {
                      "key": {
                        "type": "string",
                        "maxLength": 317
                      },
                      "operator": {
                        "type": "string",
                        "enum": [
                          "In",
                          "NotIn",
                          "Exists",
                          "DoesNotExist"
                        ]
                      },
                      "values": {
                        "type": "array",
                        "maxItems": 64,
                        "items": {
                          "type": "string",
                          "maxLength": 63
                        }
                      }
                    },
                    "additionalProperties": false
                  }
                }
              },
              "additionalProperties": false
            },
            "objectSelector": {
              "type": "object",
              "description": "Omitted or empty means every object. Compared with the object, the old object and, for CONNECT, the live pod; one match is enough.",
              "properties": {
                "matchLabels": {
                  "type": "object",
                  "maxProperties": 32,
                  "additionalProperties": {
                    "type": "string",
                    "maxLength": 63
                  }
                },
                "matchExpressions": {
                  "type": "array",
                  "maxItems": 32,
                  "items": {
                    "type": "object",
                    "required": [
                      "key",
                      "operator"
                    ],
                    "properties": {
                      "key": {
                        "type": "string",
                        "maxLength": 317
                      },
                      "operator": {
                        "type": "string",
                        "enum": [
                          "In",
                          "NotIn",
                          "Exists",
                          "DoesNotExist"
                        ]
                      },
                      "values": {
                        "type": "array",
                        "maxItems": 64,
                        "items": {
                          "type": "string",
                          "maxLength": 63
                        }
                      }
                    },
                    "additionalProperties": false
                  }
                }
              },
              "additionalProperties": false
            },
            "matchConditions": {
              "type": "array",
              "maxItems": 16,
              "description": "All must be true for the policy to match. An error while evaluating denies the request.",
              "items": {
                "type": "object",
                "required": [
                  "name",
                  "expression"
                ],
                "properties": {
                  "name": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 63
                  },
                  "expression": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "CEL over request, object, oldObject, namespaceObject and exec."
                  }
                },
                "additionalProperties": false
              }
            },
            "subjects": {
              "type": "array",
              "maxItems": 64,
              "description": "Whose requests need approval. Omitted or empty means everybody's.",
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
                    "maxLength": 63,
                    "description": "Of a ServiceAccount, and of nothing else."
                  }
                },
                "additionalProperties": false
              }
            },
            "excludeSubjects": {
              "type": "array",
              "maxItems": 64,
              "description": "Whose requests never need approval under this policy.",
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
                    "maxLength": 63,
                    "description": "Of a ServiceAccount, and of nothing else."
                  }
                },
                "additionalProperties": false
              }
            }
          },
          "additionalProperties": false
        },
        "mode": {
          "type": "string",
          "enum": [
            "Enforce",
            "Warn",
            "Audit"
          ],
          "default": "Enforce"
        },
        "enforcement": {
          "type": "string",
          "enum": [
            "Admission",
            "GatewayOnly"
          ],
          "default": "Admission"
        },
        "approval": {
          "type": "object",
          "required": [
            "stages"
          ],
          "properties": {
            "stages": {
              "type": "array",
              "minItems": 1,
              "maxItems": 8,
              "description": "One after the other; a later stage opens when the earlier one has its quorum.",
              "items": {
                "type": "object",
                "required": [
                  "name",
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
                    "maximum": 16,
                    "default": 1,
                    "description": "How many different people must approve."
                  },
                  "approvers": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 64,
                    "description": "Who may approve. An empty list is refused; it never means everybody.",
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
                          "maxLength": 63,
                          "description": "Of a ServiceAccount, and of nothing else."
                        }
                      },
                      "additionalProperties": false
                    }
                  },
                  "escalateAfter": {
                    "type": "string",
                    "maxLength": 32,
                    "description": "A duration such as 90s, 10m, 1h30m."
                  },
                  "escalateTo": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 64,
                    "description": "Who may approve. An empty list is refused; it never means everybody.",
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
                          "maxLength": 63,
                          "description": "Of a ServiceAccount, and of nothing else."
                        }
                      },
                      "additionalProperties": false
                    }
                  },
                  "notify": {
                    "type": "array",
                    "maxItems": 16,
                    "description": "Who is told: of a stage when its turn comes, of a policy at once.",
                    "items": {
                      "type": "object",
                      "required": [
                        "kind"
                      ],
                      "properties": {
                        "kind": {
                          "type": "string",
                          "enum": [
                            "Slack",
                            "Email",
                            "Teams",
                            "Webhook"
                          ]
                        },
                        "channel": {
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 253,
                          "description": "Of Slack a channel such as #prod-access, of Email an address (without one, the approvers as the people map has them), of Teams and Webhook a name of the configuration."
                        }
                      },
                      "additionalProperties": false
                    }
                  },
                  "escalateNotify": {
                    "type": "array",
                    "maxItems": 16,
                    "description": "Who is told: of a stage when its turn comes, of a policy at once.",
                    "items": {
                      "type": "object",
                      "required": [
                        "kind"
                      ],
                      "properties": {
                        "kind": {
                          "type": "string",
                          "enum": [
                            "Slack",
                            "Email",
                            "Teams",
                            "Webhook"
                          ]
                        },
                        "channel": {
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 253,
                          "description": "Of Slack a channel such as #prod-access, of Email an address (without one, the approvers as the people map has them), of Teams and Webhook a name of the configuration."
                        }
                      },
                      "additionalProperties": false
                    }
                  }
                },
                "additionalProperties": false
              }
            },
            "timeout": {
              "type": "string",
              "maxLength": 32,
              "description": "How long a request may stay Pending, such as 90s, 10m, 1h30m; then it is Expired, which denies.",
              "default": "1h"
            },
            "requireReason": {
              "type": "boolean"
            },
            "reasonPattern": {
              "type": "string",
              "minLength": 1,
              "maxLength": 512
            },
            "minAssurance": {
              "type": "string",
              "enum": [
                "Any",
                "Console",
                "Kubernetes"
              ],
              "default": "Any"
            },
            "separation": {
              "type": "string",
              "enum": [
                "Standard",
                "Strict"
              ],
              "default": "Standard",
              "description": "Strict: who may impersonate the requester, or get its token, does not count."
            }
          },
          "additionalProperties": false
        },
        "grant": {
          "type": "object",
          "default": {},
          "properties": {
            "type": {
              "type": "string",
              "enum": [
                "Once",
                "Window"
              ],
              "default": "Once"
            },
            "useWithin": {
              "type": "string",
              "maxLength": 32,
              "description": "How long after its approval a grant may still be used.",
              "default": "15m"
            },
            "window": {
              "type": "string",
              "maxLength": 32,
              "description": "Of a Window, how long after its approval it holds."
            },
            "maxUses": {
              "type": "integer",
              "minimum": 1,
              "maximum": 64,
              "description": "Of a Window; 64 without it."
            },
            "binding": {
              "type": "string",
              "enum": [
                "Exact",
                "Scope"
              ],
              "default": "Exact",
              "description": "Exact: an approval holds for what was shown. Scope: for whatever the requester does to the same object, or for every command that begins with the same elements."
            },
            "commandPrefix": {
              "type": "integer",
              "minimum": 1,
              "maximum": 16,
              "description": "Of a Scope, how many elements of a command its approval binds at least; without it, all that were run."
            },
            "allowInteractive": {
              "type": "boolean",
              "description": "Of a Scope, whether it may cover stdin, terminals, shells, interpreters, attach, port-forward, proxies and tokens; otherwise these are approved exactly."
            },
            "ignorePaths": {
              "type": "array",
              "maxItems": 32,
              "items": {
                "type": "string",
                "maxLength": 512,
                "pattern": "^/"
              },
              "description": "JSON pointers (RFC 6901) at which an approval of a CREATE or UPDATE holds for any value."
            }
          },
          "additionalProperties": false
        },
        "wait": {
          "type": "object",
          "properties": {
            "connect": {
              "type": "string",
              "maxLength": 32,
              "description": "A duration such as 90s, 10m, 1h30m."
            },
            "write": {
              "type": "string",
              "maxLength": 32,
              "description": "A duration such as 90s, 10m, 1h30m."
            },
            "subjects": {
              "type": "array",
              "maxItems": 64,
              "description": "Whose requests need approval. Omitted or empty means everybody's.",
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
                    "maxLength": 63,
                    "description": "Of a ServiceAccount, and of nothing else."
                  }
                },
                "additionalProperties": false
              }
            }
          },
          "additionalProperties": false
        },
        "guardrails": {
          "type": "object",
          "properties": {
            "deny": {
              "type": "array",
              "maxItems": 32,
              "items": {
                "type": "object",
                "required": [
                  "name",
                  "expression"
                ],
                "properties": {
                  "name": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 63
                  },
                  "expression": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096
                  },
                  "message": {
                    "type": "string",
                    "maxLength": 512
                  }
                },
                "additionalProperties": false
              }
            }
          },
          "additionalProperties": false
        },
        "masking": {
          "type": "object",
          "additionalProperties": true
        },
        "breakGlass": {
          "type": "object",
          "properties": {
            "subjects": {
              "type": "array",
              "maxItems": 64,
              "description": "Whose requests need approval. Omitted or empty means everybody's.",
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
                    "maxLength": 63,
                    "description": "Of a ServiceAccount, and of nothing else."
                  }
                },
                "additionalProperties": false
              }
            },
            "maxWindow": {
              "type": "string",
              "maxLength": 32,
              "description": "A duration such as 90s, 10m, 1h30m."
            }
          },
          "additionalProperties": false
        },
        "notify": {
          "type": "array",
          "maxItems": 16,
          "description": "Who is told: of a stage when its turn comes, of a policy at once.",
          "items": {
            "type": "object",
            "required": [
              "kind"
            ],
            "properties": {
              "kind": {
                "type": "string",
                "enum": [
                  "Slack",
                  "Email",
                  "Teams",
                  "Webhook"
                ]
              },
              "channel": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Of Slack a channel such as #prod-access, of Email an address (without one, the approvers as the people map has them), of Teams and Webhook a name of the configuration."
              }
            },
            "additionalProperties": false
          }
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
