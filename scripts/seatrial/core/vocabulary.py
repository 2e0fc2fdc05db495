"""Names from outside that several rooms need: Port's icons and sections, and the folders that tools create.

The icons and sections are those that the public integrations used up to August 2026. Port adds
to them, so a name that is missing here is at most a warning; `seatrial.toml` can add names.
"""

TOOL_CACHES = frozenset({"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
"""Folders in which Python and the lint tools keep their caches."""

TOOL_FOLDERS = TOOL_CACHES | {".venv", "venv", ".tox", "node_modules"}
"""Folders that tools leave on a developer's disk; none of them belongs to an integration."""

TOOL_SETTINGS = frozenset(
    {
        ".gitignore",
        ".ignore",
        ".mypy.ini",
        ".pytest.ini",
        ".ruff.toml",
        ".yamllint",
        ".yamllint.yaml",
        ".yamllint.yml",
        "__init__.py",
        "conftest.py",
        "mypy.ini",
        "pyproject.toml",
        "pytest.ini",
        "ruff.toml",
        "setup.cfg",
        "setup.py",
        "tox.ini",
    }
)
"""The names of files by which lint tools and pytest are set in the folders above the one they run in."""

_ICONS = """
    Aikido Alert Amplication ApiDoc Apps Argo Armorcode AWS Azure AzureDevops Backstage BitBucket
    BlankPage Blueprint Bolt Book Box Bug Checklist Checkmarx CICD Claude Clock Cloud Cluster Code
    Cost Cursor Datadog DefaultProperty Deployment Docker Dynatrace Environment FireHydrant Git
    Github GithubActions GithubCopilot GitLab GitVersion GoogleCloud Home Jenkins Jira JsonEditor
    Kafka Komodor Kubecost Launchdarkly Linear Link LinkOut Lock Mend Metric Microservice NewRelic
    Octopus Okta Opencost OpsGenie Package pagerduty Pie PieChart port RestAPI S3 Scorecards Sentry
    Server Service Servicenow Slack Snyk sonarqube Star StatusPage Table Team Terraform TwoUsers Url
    User Users Vulnerability Wiz
"""
ICONS = frozenset(_ICONS.split())

ICONS_ALSO = frozenset({"Aws", "GitHub", "Pagerduty", "Port", "Sonarqube"})
"""Icons that Port's documentation spells differently from the public integrations; both spellings are right."""

PLACEHOLDER_ICON = "Cookiecutter"

SECTIONS = frozenset(
    {
        "AI Agents",
        "APM & Alerting",
        "Build Your Own Integration",
        "CICD",
        "Cloud Cost",
        "Cloud Providers",
        "Code Quality & Security",
        "Event Processing",
        "Feature Management",
        "Git Providers",
        "GitOps",
        "IaC",
        "Identity Providers",
        "Incident Management",
        "Kubernetes Stack",
        "Other",
        "Project management",
    }
)

PLACEHOLDER_SECTION = "Under Development"
